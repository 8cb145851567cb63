"""What one browser session holds: its worlds, the one on show, and what is said to the person."""

import datetime as dt
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any, TypeVar

import solara

from market_abm.app.desk import DeskError
from market_abm.app.ensemble import Ensemble
from market_abm.app.limits import MOST_WORLDS, LimitError, check_size
from market_abm.app.page.player import Player
from market_abm.app.world import World, WorldError
from market_abm.scenario.errors import ScenarioError
from market_abm.scenario.schema import Scenario

T = TypeVar("T")
EXPECTED = (WorldError, DeskError, LimitError, ScenarioError)  # mistakes that words explain
NAMES = "ABCDEFGH"
HALF_YEAR = 26  # weeks between words of progress


@dataclass(frozen=True)
class Note:
    """Something said to the person: done, or what is wrong and how to mend it."""

    text: str
    wrong: bool = False
    count: int = 0


class Session:
    """The worlds of one browser session and how they are looked at.

    Threads: whoever reads or changes a world holds `lock`. A reactive value is
    set only without it, because setting one draws, and drawing takes the lock.
    """

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.worlds: list[World] = []
        self.beat = solara.Reactive(0)  # counts redraws
        self.shown = solara.Reactive(0)  # place of the world on show
        self.over = solara.Reactive(False)  # whether the world on show has reached its end
        self.opening = solara.Reactive("")  # what is being opened, in words
        self.note: solara.Reactive[Note | None] = solara.Reactive(None)
        self.view = solara.Reactive("prices")
        self.material = solara.Reactive("")
        self.zone = solara.Reactive("")
        self.log_scale = solara.Reactive(True)
        self.tour: solara.Reactive[tuple[str, int] | None] = solara.Reactive(None)
        self.ensemble: solara.Reactive[Ensemble | None] = solara.Reactive(None)
        self.player = Player(self)
        self.rendering: AbstractContextManager[Any] = nullcontext()  # all that is set within is drawn once, at its end
        self._closed = False
        self._said = 0

    # -- worlds ------------------------------------------------------------------------------
    @property
    def world(self) -> World | None:
        """The world on show; None before the first is open."""
        return self.worlds[min(self.shown.value, len(self.worlds) - 1)] if self.worlds else None

    def open(self, read: Callable[[], Scenario], seed: int, beside: bool = False, until: dt.date | None = None) -> None:
        """Open a world in the background and let its market settle until recording begins.

        Parameters
        ----------
        read : gives the scenario; its mistakes become a note, and the worlds there are stay.
        seed : of the world.
        beside : keep the other worlds.
        until : play to this day at once.
        """
        self.player.pause()
        self.opening.value = "Reading the scenario"
        threading.Thread(target=self._open, args=(read, seed, beside, until), daemon=True).start()

    def _open(self, read: Callable[[], Scenario], seed: int, beside: bool, until: dt.date | None) -> None:
        try:
            scenario = read()
            check_size(scenario)
            if beside and len(self.worlds) >= MOST_WORLDS:
                raise LimitError(f"A session holds at most {MOST_WORLDS} worlds; close one first.")
            world = World(scenario, seed, self._free_name() if beside else NAMES[0])
            self._settle(world, until)
        except EXPECTED as fault:
            self.opening.value = ""
            self.say(str(fault), wrong=True)
            return
        with self.lock:
            left = [] if beside else self.worlds
            self.worlds = [*self.worlds, world] if beside else [world]
            for one in left:
                one.close()
        self._look_at(world)
        self.opening.value = ""
        if self._closed:
            self.close()

    def _settle(self, world: World, until: dt.date | None) -> None:
        target = world.week_of(max(world.scenario.time.record_from, until or world.scenario.time.record_from))
        while world.week < target and not self._closed:
            self.opening.value = f"The market settles in: {world.today.year}"
            world.step(min(HALF_YEAR, target - world.week))

    def _look_at(self, world: World) -> None:
        scenario = world.scenario
        if self.material.value not in scenario.material:
            self.material.value = world.model.market.materials[world.model.market.lead]
        if self.zone.value not in scenario.zone:
            gated = [name for name, zone in scenario.zone.items() if not zone.export_gate]
            self.zone.value = (gated or list(scenario.zone))[0]
        self.shown.value = self.worlds.index(world)
        self.draw()

    def branch(self, week: int) -> None:
        """Branch the world on show from a past week and look at the branch."""
        self.player.pause()
        world = self.world
        if world is None:
            return
        if len(self.worlds) >= MOST_WORLDS:
            self.say(f"A session holds at most {MOST_WORLDS} worlds; close one first.", wrong=True)
            return
        made = self.act(lambda: world.branch(week, self._free_name()))
        if made is not None:
            self.worlds = [*self.worlds, made]
            self._look_at(made)
            self.say(
                f"World {made.name} leaves world {world.name} on {made.today:%d %b %Y}. Decree something else here."
            )

    def drop(self, place: int) -> None:
        """Close a world; the last one stays."""
        if len(self.worlds) < 2:
            return
        self.player.pause()
        with self.lock:
            self.worlds.pop(place).close()
        self.shown.value = max(0, min(self.shown.value, len(self.worlds) - 1))
        self.draw()

    def _free_name(self) -> str:
        taken = {world.name for world in self.worlds}
        return next(name for name in NAMES if name not in taken)

    # -- doing and saying --------------------------------------------------------------------
    def act(self, deed: Callable[[], T]) -> T | None:
        """Do something to a world; a mistake becomes a note and None comes back."""
        try:
            with self.lock:
                return deed()
        except EXPECTED as fault:
            self.say(str(fault), wrong=True)
            return None

    def say(self, text: str, wrong: bool = False) -> None:
        """Show a note."""
        self._said += 1
        self.note.value = Note(text, wrong, self._said)

    def draw(self) -> None:
        """Let everything on show be drawn again."""
        world = self.world
        with self.rendering:
            self.over.value = world is None or world.finished
            self.beat.value += 1

    def close(self) -> None:
        """Stop and let go of the worlds; the browser has gone."""
        self._closed = True
        self.player.stop()
        if self.ensemble.value is not None:
            self.ensemble.value.cancel()
        with self.lock:
            worlds, self.worlds = self.worlds, []
        for world in worlds:
            world.close()


def use_drawn(session: Session) -> Any:
    """Draw the calling component again at each redraw; gives the world on show."""
    return session.beat.value, session.shown.value
