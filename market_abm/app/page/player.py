"""Plays a world in a background thread: weeks at a chosen speed, charts a few times a second."""

import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any, Protocol, TypeVar

import solara

from market_abm.app.world import World, WorldError

T = TypeVar("T")
DRAW_SECONDS = 0.2  # from one redraw to the next while playing
BREATH_SECONDS = 0.001  # after each week, so that a waiting press gets the lock
FASTEST = 0
SPEEDS = {4: "4 weeks/s", 13: "13 weeks/s", 26: "26 weeks/s", 52: "52 weeks/s", FASTEST: "fastest"}


class Playable(Protocol):
    """What a player asks of a session, which is where its methods are told."""

    worlds: list[World]

    @property
    def lock(self) -> AbstractContextManager[Any]: ...  # noqa: D102
    @property
    def world(self) -> World | None: ...  # noqa: D102

    def act(self, deed: Callable[[], T]) -> T | None: ...  # noqa: D102
    def say(self, text: str, wrong: bool = False) -> None: ...  # noqa: D102
    def draw(self) -> None: ...  # noqa: D102


class Player:
    """Steps the world on show, or all worlds together, until paused."""

    def __init__(self, session: Playable) -> None:
        self.session = session
        self.playing = solara.Reactive(False)
        self.speed = solara.Reactive(26)
        self.together = solara.Reactive(False)  # branches are played to the same week
        self._stop = threading.Event()

    def play(self, until_week: int | None = None, quietly: bool = False) -> None:
        """Begin to play; until the end, or up to a week. `quietly` says nothing when the week is there already."""
        world = self.session.world
        if world is None or self.playing.value:
            return
        last = world.weeks if until_week is None else min(until_week, world.weeks)
        if world.week >= last:
            if not quietly:
                self.session.say("This world has reached its end." if world.finished else "That week is there already.")
            return
        self._stop = threading.Event()
        self.playing.value = True
        threading.Thread(target=self._run, args=(last, self._stop), daemon=True).start()

    def pause(self) -> None:
        """Stop after the week that is running."""
        self.stop()
        self.playing.value = False

    def stop(self) -> None:
        """Stop without a word; the browser has gone."""
        self._stop.set()

    def step(self, weeks: int) -> None:
        """Play some weeks at once and draw."""
        world = self.session.world
        if world is None or self.playing.value:
            return
        self.session.act(lambda: world.step(min(weeks, world.weeks - world.week)))
        self.session.draw()

    def _run(self, last: int, stop: threading.Event) -> None:
        drawn = time.monotonic()
        due = drawn
        fault = ""
        while not stop.is_set():
            try:
                if not self._week(last):
                    break
            except WorldError as wrong:
                fault = str(wrong)
                break
            if time.monotonic() - drawn >= DRAW_SECONDS:
                drawn = time.monotonic()
                self.session.draw()
            speed = self.speed.value
            due = max(due + (1 / speed if speed else 0.0), time.monotonic() - 0.5)  # slow weeks are caught up, briefly
            stop.wait(max(BREATH_SECONDS, due - time.monotonic()))
        if not stop.is_set():
            self.playing.value = False
            if fault:
                self.session.say(fault, wrong=True)
        self.session.draw()

    def _week(self, last: int) -> bool:
        """Step the world that is furthest behind; False when all are there."""
        with self.session.lock:
            shown = self.session.world
            if shown is None:
                return False
            worlds: list[World] = list(self.session.worlds) if self.together.value else [shown]
            behind = min(worlds, key=lambda world: (min(world.week, last), world is not shown))
            if behind.week >= min(last, behind.weeks):
                return False
            behind.step()
            return True
