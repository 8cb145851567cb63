"""The command line `market-abm`: each command a few lines over the public names."""

from market_abm.cli import (  # noqa: F401  (each module adds its commands)
    analyse,
    app_command,
    calibrate,
    experiment,
    explain,
    runs,
    sweep,
    validate,
)
from market_abm.cli.app import app
from market_abm.record import interrupt

__all__ = ["app", "main"]


def main() -> None:
    """Entry point of `market-abm`; SIGTERM is answered like Ctrl-C, so nothing stays half-written."""
    interrupt.listen()
    app()
