"""The life of a project: its stages, and every move it can make, in one table (ODD: Project)."""

import enum


class Stage(enum.IntEnum):
    """Where a mine stands."""

    RESOURCE = 0
    PERMITTED = 1
    CONSTRUCTION = 2
    OPERATING = 3
    CARE_AND_MAINTENANCE = 4
    DEPLETED = 5

    @property
    def label(self) -> str:
        """The word used in files and tables."""
        return self.name.lower()


MOVES: dict[tuple[Stage, Stage], str] = {
    (Stage.RESOURCE, Stage.PERMITTED): "gets its permit",
    (Stage.PERMITTED, Stage.CONSTRUCTION): "is committed",
    (Stage.CONSTRUCTION, Stage.OPERATING): "starts",
    (Stage.OPERATING, Stage.CARE_AND_MAINTENANCE): "goes into care and maintenance",
    (Stage.CARE_AND_MAINTENANCE, Stage.CONSTRUCTION): "is being restarted",
    (Stage.OPERATING, Stage.DEPLETED): "is mined out",
}
"""All moves; anything else is a fault of the program."""


def check_move(before: Stage, after: Stage) -> str:
    """Words for a move.

    Raises
    ------
    ValueError
        When the table has no such move.
    """
    words = MOVES.get((before, after))
    if words is None:
        raise ValueError(f"a project cannot go from {before.label} to {after.label}")
    return words
