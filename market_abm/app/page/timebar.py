"""The time bar: how far the world is played, what was decreed when, and where to branch from."""

from collections.abc import Callable
from typing import Any

import solara

from market_abm.app.page.look import first_week
from market_abm.app.page.session import Session, use_drawn


@solara.component_vue("timebar.vue")
def _Bar(
    week: int = 0,
    weeks: int = 1,
    first: int = 0,
    start: str = "2000-01-03",
    marks: Any = None,
    world: str = "",
    busy: bool = False,
    event_branch: Callable[[int], None] | None = None,
) -> None: ...


@solara.component
def TimeBar(session: Session) -> None:
    """Show the run from its first recorded week to its end; a past week can be chosen to branch from."""
    use_drawn(session)
    world = session.world
    if world is None:
        return
    with session.lock:
        marks = [{"week": standing.week, "words": standing.words, "own": True} for standing in world.decrees]
        marks += [
            {"week": world.week_of(standing.since), "words": f"{standing.title} begins", "own": False}
            for standing in world.policies
            if not standing.decreed and world.scenario.time.record_from < standing.since < world.scenario.time.end
        ]
        _Bar(
            week=world.week,
            weeks=world.weeks,
            first=first_week(world),
            start=world.date_of(0).isoformat(),
            marks=marks,
            world=world.name,
            busy=session.player.playing.value,
            event_branch=lambda week: session.branch(int(week)),
        )
