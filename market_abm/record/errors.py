"""Mistakes of a user that the record can name, each with a remedy."""


class RecordError(Exception):
    """What a user asked of the record cannot be done; the message says why and what to do."""


class RunFolderError(RecordError):
    """A run's folder exists already, cannot be written, or is damaged."""


class DateError(RecordError, ValueError):
    """A date cannot be read, or lies outside the run."""


class BranchError(RecordError):
    """A run cannot be branched in the way asked for."""
