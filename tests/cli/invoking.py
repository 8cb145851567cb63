"""Calls the command line in this process, as the tests of several commands do."""

from click.testing import Result
from typer.testing import CliRunner

from market_abm.cli.app import app


def invoke(*words: object) -> Result:
    """What a command says and how it ends; a fault that is no exit is raised."""
    result = CliRunner().invoke(app, [str(word) for word in words])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result
