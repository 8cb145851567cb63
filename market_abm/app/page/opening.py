"""Opening a world: a scenario of the library or a file of the person's own, and a seed."""

from collections.abc import Callable
from typing import Any

import solara

from market_abm.app.limits import LARGEST_SEED, LARGEST_UPLOAD, read_upload
from market_abm.app.page.parts import Choose, Press, html
from market_abm.app.page.session import Session
from market_abm.scenario.library import describe, scenario_names
from market_abm.scenario.loading import load_scenario
from market_abm.scenario.schema import Scenario

v = solara.v
OWN = "(your file)"


@solara.component_vue("upload.vue")
def _Upload(
    limit: int = LARGEST_UPLOAD, event_received: Callable[[Any], None] | None = None, event_refused: Any = None
) -> None: ...


@solara.component
def Opening(session: Session, shown: bool, on_close: Callable[[], None]) -> None:
    """The dialogue that opens a world."""
    name, set_name = solara.use_state("japan-2010")
    seed, set_seed = solara.use_state("1")
    own, set_own = solara.use_state(("", b""))
    names = scenario_names()

    def received(data: Any) -> None:
        set_own((str(data.get("name", "file"))[:80], str(data.get("text", "")).encode()))
        set_name(OWN)

    def begin(beside: bool) -> None:
        number = _seed(seed)
        if number is None:
            session.say(f"A seed is a whole number from 0 to {LARGEST_SEED:,}.", wrong=True)
            return
        on_close()
        session.open(_reader(name, own), number, beside)

    box = v.Dialog(v_model=shown, on_v_model=lambda _: on_close(), max_width=560, scrollable=True)
    with box, v.Card(class_="ma-dialog", attributes={"role": "dialog", "aria-label": "Open a world"}):
        html("h2", "Open a world")
        choices = [(one, describe(one).title or one) for one in names]
        if own[1]:
            choices.append((OWN, own[0]))
        Choose("Scenario", name, choices, set_name)
        if name in names:
            html("p", describe(name).description, kind="ma-words")
        v.TextField(
            label="Seed",
            v_model=seed,
            on_v_model=set_seed,
            dense=True,
            outlined=True,
            attributes={"inputmode": "numeric"},
            hint="Two worlds with the same seed meet the same luck.",
            persistent_hint=True,
            class_="ma-entry",
        )
        _Upload(event_received=received, event_refused=lambda words: session.say(str(words), wrong=True))
        with solara.Div(classes=["ma-row"]):
            Press("Open", lambda: begin(beside=False), main=True)
            Press("Open beside", lambda: begin(beside=True), disabled=not session.worlds)
            Press("Cancel", on_close)
        html("p", "Open replaces the worlds there are; open beside keeps them, to compare.", kind="ma-words")


def _seed(text: str) -> int | None:
    try:
        number = int(str(text).strip())
    except ValueError:
        return None
    return number if 0 <= number <= LARGEST_SEED else None


def _reader(name: str, own: tuple[str, bytes]) -> Callable[[], Scenario]:
    if name == OWN:
        return lambda: read_upload(own[1], own[0])
    return lambda: load_scenario(name)
