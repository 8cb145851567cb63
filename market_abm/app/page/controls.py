"""The control strip: what is played, how fast, and the date."""

import datetime as dt

import solara

from market_abm.app.page.parts import Choose, Press, html, part
from market_abm.app.page.player import SPEEDS
from market_abm.app.page.session import Session, use_drawn

v = solara.v
QUARTER = 13  # weeks


@solara.component
def Clock(session: Session) -> None:
    """The date of the world on show."""
    use_drawn(session)
    world = session.world
    if world is None:
        return
    state = "finished" if world.finished else f"week {world.week} of {world.weeks}"
    html("div", part("strong", f"{world.today:%d %b %Y}"), part("span", state), kind="ma-clock", aria_live="off")


@solara.component
def Transport(session: Session) -> None:
    """Play, pause, step, to a date, speed."""
    day, set_day = solara.use_state("")
    player = session.player
    playing = player.playing.value
    opening, world = session.opening.value, session.world
    over = session.over.value
    idle = bool(opening) or world is None or over

    def go() -> None:
        if session.world is None:
            return
        try:
            target = dt.date.fromisoformat(day)
        except ValueError:
            session.say("Give a date to play to, as 2010-09-20.", wrong=True)
            return
        time = session.world.scenario.time
        if not session.world.today < target <= time.end:
            left = f"{session.world.today} to {time.end}"
            session.say(f"{target} cannot be played to; it must lie in {left}. To go back, branch.", wrong=True)
            return
        player.play(session.world.week_of(target))

    with solara.Div(classes=["ma-transport"]):
        if playing:
            Press("Pause", player.pause, icon="mdi-pause", main=True, kind="ma-play")
        else:
            Press("Play", player.play, icon="mdi-play", main=True, disabled=idle, kind="ma-play")
        still = playing or idle
        Press("One week on", lambda: player.step(1), icon="mdi-skip-next", only_icon=True, disabled=still)
        Press("One quarter on", lambda: player.step(QUARTER), icon="mdi-fast-forward", only_icon=True, disabled=still)
        Choose("Speed", player.speed.value, list(SPEEDS.items()), player.speed.set, kind="ma-speed")
        field = v.TextField(
            label="Play to date",
            v_model=day,
            on_v_model=set_day,
            type="date",
            dense=True,
            outlined=True,
            hide_details=True,
            class_="ma-date",
        )
        v.use_event(field, "keydown.enter", lambda *_: go())
        Press("Go", go, disabled=still)


@solara.component
def Worlds(session: Session) -> None:
    """The worlds of the session as tabs that can be closed."""
    use_drawn(session)
    worlds = list(session.worlds)
    if len(worlds) < 2:
        return
    with solara.Div(classes=["ma-worlds"]):
        for place, world in enumerate(worlds):
            shown = world is session.world
            label = f"{world.name}: {world.scenario.name}, {world.today:%b %Y}"

            def look(place: int = place) -> None:
                session.player.pause()
                session.shown.value = place
                session.draw()

            with solara.Div(classes=["ma-world"]):
                Press(label, look, pressed=shown)
                Press(
                    f"Close world {world.name}",
                    lambda place=place: session.drop(place),
                    icon="mdi-close",
                    only_icon=True,
                )
        Press(
            "Play together",
            lambda: session.player.together.set(not session.player.together.value),
            icon="mdi-link-variant",
            pressed=session.player.together.value,
        )
