"""The policy desk: choose a government and an instrument, decree, and see and lift what is in force."""

from collections.abc import Callable
from typing import Any

import solara

from market_abm.app.decree import Standing
from market_abm.app.desk import DeskError, Government, Instrument, desk, make_policy
from market_abm.app.form import Field
from market_abm.app.page.parts import Choose, Press, empty, html, part, wrong
from market_abm.app.page.session import Session, use_drawn
from market_abm.app.world import World
from market_abm.report.style import zone_label
from market_abm.report.words import shorten

v = solara.v


@solara.component
def Desk(session: Session) -> None:
    """The desk of one government after the other."""
    session.shown.value  # noqa: B018 - another world may have other governments
    session.opening.value  # noqa: B018
    zone, set_zone = solara.use_state(None)
    kind, set_kind = solara.use_state("")
    world = session.world
    if world is None:
        empty("The desk opens with a world.")
        return
    with session.lock:
        governments = desk(world)
    if not governments:
        empty("This scenario has no government that could act.")
        return
    government = next((one for one in governments if one.zone == zone), governments[0])
    usable = [one for one in government.instruments if not one.missing]
    with solara.Div(classes=["ma-governments"]):
        for one in governments:
            Press(one.label, lambda zone=one.zone: set_zone(zone), pressed=one is government)
    if not usable:
        empty(f"{government.label} has no instrument in this scenario.")
        return
    instrument = next((one for one in usable if one.type == kind), usable[0])
    Choose("Instrument", instrument.type, [(one.type, one.title) for one in usable], set_kind)
    html("p", instrument.words, kind="ma-words")
    Form(session, world, government, instrument).key(f"{world.name}-{government.zone}-{instrument.type}")
    missing = [one for one in government.instruments if one.missing]
    if missing:
        said = [part("li", f"{one.title}: {one.missing}") for one in missing]
        html("details", part("summary", "What it cannot do here"), part("ul", *said), kind="ma-more")


@solara.component
def Form(session: Session, world: World, government: Government, instrument: Instrument) -> None:
    """Fields of one instrument and the button that decrees it."""
    values, set_values = solara.use_state({entry.name: entry.default for entry in instrument.fields})
    faults, set_faults = solara.use_state([])

    def decree() -> None:
        try:
            with session.lock:
                policy = make_policy(world, government.zone, instrument.type, values)
        except DeskError as fault:
            set_faults(fault.faults)
            return
        label = session.act(lambda: world.decree(policy))
        set_faults([])
        if label is not None:
            session.say(f"{government.label}: {instrument.title} decreed ({label}). It takes effect next week.")
        session.draw()

    for entry in instrument.fields:
        Entry(entry, values.get(entry.name), lambda value, name=entry.name: set_values({**values, name: value}))
    if faults:
        wrong(faults)
    Press("Decree", decree, icon="mdi-gavel", main=True, kind="ma-decree")


@solara.component
def Entry(entry: Field, value: Any, on_value: Any) -> None:
    """One entry of the form, by its kind."""
    label = f"{entry.label} [{entry.unit}]" if entry.unit else entry.label
    if not entry.required and entry.kind == "number":
        label += " (may stay empty)"
    shared: dict[str, Any] = {"hint": entry.help, "persistent_hint": bool(entry.help), "class_": "ma-entry"}
    if entry.kind == "switch":
        v.Checkbox(label=label, v_model=bool(value), on_v_model=on_value, dense=True, **shared)
    elif entry.kind in ("choice", "choices"):
        many = entry.kind == "choices"
        v.Select(
            label=label,
            v_model=list(value or []) if many else value,
            on_v_model=on_value,
            items=[{"value": one, "text": text} for one, text in entry.choices],
            multiple=many,
            dense=True,
            outlined=True,
            menu_props={"offsetY": True},
            **shared,
        )
    else:
        text = "" if value is None else f"{value:g}" if isinstance(value, int | float) else str(value)
        v.TextField(
            label=label,
            v_model=text,
            on_v_model=on_value,
            attributes={"inputmode": "decimal"},
            dense=True,
            outlined=True,
            **shared,
        )


@solara.component_vue("standings.vue")
def _Standings(rows: Any = None, event_lift: Callable[[str], None] | None = None) -> None: ...


@solara.component
def InForce(session: Session) -> None:
    """What is in force or planned, the player's own first, with a way to lift it."""
    use_drawn(session)
    world = session.world
    if world is None:
        return
    with session.lock:
        standing = [one for one in world.policies if one.state != "over"]
    standing.sort(key=lambda one: (not one.decreed, one.state != "in force", one.government, one.title))
    if not standing:
        empty("Nothing is in force or planned.")
        return

    def lift(label: str) -> None:
        day = session.act(lambda: world.lift(str(label)))
        if day is not None:
            session.say(f"{label} ends; {day:%d %b %Y} is the first day without it.")
        session.draw()

    _Standings(rows=[_row(one, world) for one in standing], event_lift=lift)


def _row(one: Standing, world: World) -> dict[str, Any]:
    when = f"from {one.since:%d %b %Y}" if one.state == "planned" else "in force"
    return {
        "label": one.label,
        "title": f"{zone_label(world.scenario, one.government) if one.government else 'From outside'}: {one.title}",
        "when": when + (f" until {one.until:%d %b %Y}" if one.until else ""),
        "words": shorten(one.words.removeprefix(one.title).removeprefix(": "), 140),
        "own": one.decreed,
        "lifted": bool(one.government),  # what comes from outside cannot be
    }
