"""The command `market-abm`: the Typer application, and the options several commands share.

Exit codes: 0 done, 1 ran but a check or a run failed, 2 the input is wrong.
Heavy packages are imported inside the commands, so that `--help` is quick.
"""

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(
    name="market-abm",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    help="Agent-based markets for critical minerals: run scenarios, compare them, put them to the test.",
    epilog="Example: market-abm run japan-2010 --seed 1",
)
RUNS = Path("runs")
STORE = RUNS / "store"

ScenarioName = Annotated[str, typer.Argument(metavar="SCENARIO", help="Name in the library, or a file.")]
Sets = Annotated[list[str] | None, typer.Option("--set", metavar="PATH=VALUE", help="Change a value.")]
Out = Annotated[Path | None, typer.Option("--out", metavar="DIR", help="Folder to write; made when missing.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON and nothing else on stdout.")]
Force = Annotated[bool, typer.Option("--force", help="Run again and replace the run in the folder.")]
RunFolderPath = Annotated[Path, typer.Argument(metavar="RUN", help="Folder of a run or of replications.")]
Workers = Annotated[int, typer.Option(min=1, help="Processes that run side by side.")]
StoreFolder = Annotated[
    Path, typer.Option("--store", metavar="DIR", help="Store of runs; what is in it is not run again.")
]
