"""What a person does on the page: govern, go back, compare, take away; and what happens to nonsense."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from browsing import date, look_at, note, press, saved

import market_abm

PATIENCE_MS = 300  # a press while a world is played is answered within this


def play_to(page: Any, day: str) -> None:
    page.get_by_label("Play to date").fill(day)
    press(page, "Go")
    shown = "() => document.querySelector('.ma-clock strong').innerText"
    wanted = page.evaluate(
        "day => new Date(day).toLocaleDateString('en-GB', {day: '2-digit', month: 'short', year: 'numeric'})", day
    )
    page.wait_for_function(f"{shown} === '{wanted}'")


def test_a_decree_is_in_force_and_the_download_replays_to_the_same_tables(
    visit: Callable[..., Any], tmp_path: Path
) -> None:
    page = visit()
    press(page, "One quarter on")
    page.wait_for_function("() => document.querySelector('.ma-clock strong').innerText === '06 Apr 2009'")

    press(page, "Decree")
    assert "takes effect next week" in note(page)
    play_to(page, "2010-03-01")
    look_at(page, "Take away")
    with page.expect_download() as scenario:
        press(page, "Download scenario")
    with page.expect_download() as tables:
        press(page, "Download tables")

    run = market_abm.run(market_abm.load_scenario(saved(scenario.value, tmp_path)), seed=1)
    assert run.tables["events"]["text"].str.contains("embargo").any()
    for name, frame in run.tables.items():
        assert frame.to_csv(index=False, lineterminator="\n") == _table(saved(tables.value, tmp_path), name), name


def _table(archive: Path, name: str) -> str:
    import zipfile

    with zipfile.ZipFile(archive) as files:
        return files.read(f"{name}.csv").decode()


def test_a_branch_leaves_a_past_week_and_is_compared(visit: Callable[..., Any]) -> None:
    page = visit()
    press(page, "One quarter on")
    page.wait_for_function("() => document.querySelector('.ma-clock strong').innerText === '06 Apr 2009'")

    page.get_by_label("played until 6 Apr 2009").focus()
    for _ in range(3):
        page.keyboard.press("ArrowLeft")
    press(page, "Branch from this week")
    page.wait_for_function("() => document.querySelector('.ma-clock strong').innerText === '16 Mar 2009'")
    press(page, "Decree")
    page.wait_for_selector(".ma-standing.ma-own")
    press(page, "Play together")
    press(page, "One quarter on")
    page.wait_for_function("() => document.querySelector('.ma-clock strong').innerText === '15 Jun 2009'")
    press(page, "Play")
    look_at(page, "Compare")

    page.wait_for_function("() => /They part in the week of/.test(document.querySelector('.ma-view').innerText)")
    said = page.inner_text(".ma-view")
    assert "B less A" in said
    assert "Lost activity" in said


def test_the_page_answers_a_press_while_it_plays(visit: Callable[..., Any]) -> None:
    page = visit()
    page.get_by_label("Speed", exact=True).first.locator("xpath=ancestor::div[@role='button']").click()
    page.get_by_role("option", name="4 weeks/s").click()
    press(page, "Play")
    page.get_by_role("button", name="Pause").wait_for()

    playing = _waits(page)
    assert page.get_by_role("button", name="Pause").is_visible()
    press(page, "Pause")
    page.get_by_role("button", name="Play", exact=True).wait_for()
    still = _waits(page)

    assert playing < max(PATIENCE_MS, 3 * still), (playing, still)  # on a busy machine everything takes longer


def _waits(page: Any) -> float:
    """Median time from a press to its answer [ms]."""
    waits = []
    for government in ("Japan", "China", "Japan", "China", "Japan"):
        begun = time.monotonic()
        press(page, government)
        page.wait_for_selector(f".ma-governments .ma-on:has-text('{government}')")
        waits.append(1000 * (time.monotonic() - begun))
    return sorted(waits)[2]


UPLOADS = {
    "garbage.toml": b"\x00\xff this is = = no toml",
    "half.toml": b"name = 'half'\n[time]\nstart = 2009-01-05\n",
    "huge.toml": b"# " + b"x" * 10_000_000,
}


def test_a_bad_upload_is_explained_and_the_world_unharmed(visit: Callable[..., Any]) -> None:
    page = visit()
    press(page, "One quarter on")

    for name, content in UPLOADS.items():
        press(page, "Open")
        box = page.locator(".ma-dialog")
        box.get_by_label("A scenario file").set_input_files({"name": name, "mimeType": "text/plain", "buffer": content})
        if len(content) < 1_000_000:
            box.locator(".v-select__selection", has_text=name).wait_for()
            box.get_by_role("button", name="Open", exact=True).click()
        else:
            box.locator("[role=alert]", has_text=name).wait_for()
            box.get_by_role("button", name="Cancel").click()
        page.locator(".ma-note-wrong", has_text=name).wait_for()
        press(page, "Dismiss")
        box.wait_for(state="hidden")

    assert date(page) == "06 Apr 2009"


def test_absurd_numbers_are_refused_at_the_desk(visit: Callable[..., Any]) -> None:
    page = visit()

    for nonsense, told in (("-5", "-5"), ("1e999", "inf"), ("many", "many"), ("400", "400")):
        page.locator(".ma-side").get_by_label("Leak, share of normal use").fill(nonsense)
        press(page, "Decree")
        page.locator(".ma-side .ma-wrong", has_text=told).wait_for()

    assert page.locator(".ma-standing.ma-own").count() == 0
    assert date(page) == "05 Jan 2009"


def test_a_seed_that_is_no_number_is_refused(visit: Callable[..., Any]) -> None:
    page = visit()
    press(page, "Open")

    page.get_by_label("Seed", exact=True).fill("99999999999")
    page.locator(".ma-dialog").get_by_role("button", name="Open", exact=True).click()

    assert "whole number" in note(page)


def test_an_embargo_in_a_calm_market_raises_the_price_outside(visit: Callable[..., Any]) -> None:
    page = visit()
    press(page, "Open")
    page.get_by_label("Scenario", exact=True).first.locator("xpath=ancestor::div[@role='button']").click()
    page.get_by_role("option", name="Rare earths without restrictions").click()
    page.locator(".ma-dialog").get_by_role("button", name="Open", exact=True).click()
    page.wait_for_function("() => document.querySelector('h1').innerText === 'Rare earths without restrictions'")
    press(page, "Decree")
    page.wait_for_selector(".ma-standing.ma-own")

    press(page, "One quarter on")
    page.wait_for_function("() => document.querySelector('.ma-clock strong').innerText === '07 Apr 2008'")
    press(page, "One quarter on")
    page.wait_for_function("() => document.querySelector('.ma-clock strong').innerText === '07 Jul 2008'")

    japan, gate = (float(page.locator(".ma-tile strong").nth(at).inner_text().split("US$")[0]) for at in (1, 0))
    assert japan > 1.5 * gate
