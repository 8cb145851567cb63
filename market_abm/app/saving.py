"""What a person takes away from a world: tables, scenario, report."""

import io
import zipfile
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from market_abm.app.world import World
    from market_abm.record.run import Run


def scenario_toml(world: "World") -> str:
    """The governed scenario as a file that replays the world to the same digest without the page, and says how."""
    from market_abm.scenario.writing import dump_toml

    scenario = world.scenario
    until = "" if world.finished else f" --until {world.today}"
    head = [
        f"# {scenario.title or scenario.name}, as governed on the page of market_abm.",
        f"# These weeks again: market-abm run THIS-FILE.toml --seed {world.seed}{until}",
        *(f"# {decree.day}: {'lifted: ' if decree.lifts else ''}{decree.words}" for decree in world.decrees),
    ]
    governed = scenario.model_copy(update={"name": f"{scenario.name[:50]}-governed"}) if world.decrees else scenario
    return "\n".join(_one_line(line) for line in head) + "\n" + dump_toml(governed)


def _one_line(text: str) -> str:
    """Text that stays within its comment."""
    return "".join(sign if sign.isprintable() else " " for sign in text)


def tables_zip(world: "World") -> bytes:
    """All tables as CSV files in one archive; units stand in the columns."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, frame in world.tables().items():
            archive.writestr(f"{name}.csv", frame.to_csv(index=False, lineterminator="\n"))
        archive.writestr("scenario.toml", scenario_toml(world))
    return buffer.getvalue()


def as_run(world: "World") -> "Run":
    """What was played so far as a run, with the scenario it was played under and the weeks that were played."""
    from market_abm.record.dates import shortened
    from market_abm.record.run import Run

    scenario = world.scenario if world.finished else shortened(world.scenario, world.today)
    return Run(scenario, world.seed, world.tables())


def report_html(world: "World") -> str:
    """The house's self-contained page of what was played so far."""
    from market_abm.report.page import page

    return page([as_run(world)])


def file_stem(world: "World") -> str:
    """Name for files of this world: scenario, world, seed and date, of letters, digits and hyphens."""
    words = f"{world.scenario.name}-{world.name}-seed-{world.seed}-{world.today}"
    return "".join(sign if sign.isascii() and sign.isalnum() else "-" for sign in words)
