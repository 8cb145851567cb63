"""Each browser has a world of its own, without a network, and is told when the server goes away."""

from collections.abc import Callable
from typing import Any

from browsing import Server, date, look_at, press

START = "05 Jan 2009"


def test_two_browsers_do_not_see_each_others_world_and_a_third_starts_fresh(visit: Callable[..., Any]) -> None:
    one, two = visit(apart=True), visit(apart=True)

    press(one, "One quarter on")
    one.wait_for_function("() => document.querySelector('.ma-clock strong').innerText === '06 Apr 2009'")
    press(two, "Decree")
    two.wait_for_selector(".ma-standing.ma-own")

    assert date(two) == START
    assert one.locator(".ma-standing.ma-own").count() == 0
    third = visit(apart=True)
    assert date(third) == START
    assert third.locator(".ma-standing.ma-own").count() == 0


def test_every_view_opens_without_the_network_and_without_a_fault(visit: Callable[..., Any]) -> None:
    page = visit()
    strangers: list[str] = []
    faults: list[str] = []
    page.on("request", lambda request: strangers.append(request.url) if "127.0.0.1" not in request.url else None)
    page.on("pageerror", lambda fault: faults.append(str(fault)))
    press(page, "One quarter on")

    for tab in page.get_by_role("tab").all_inner_texts():
        look_at(page, tab)
        page.wait_for_selector(f".ma-view[aria-label='{tab}']")
        page.wait_for_function("() => document.querySelector('.ma-view').innerText.trim().length > 20")
        assert "Traceback" not in page.inner_text(".ma-view")

    assert faults == []
    assert [url for url in strangers if not url.startswith(("data:", "blob:"))] == []


def test_nothing_is_wider_than_a_telephone(visit: Callable[..., Any]) -> None:
    page = visit(width=390)

    for tab in page.get_by_role("tab").all_inner_texts():
        look_at(page, tab)
        page.wait_for_selector(f".ma-view[aria-label='{tab}']")
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, tab


def test_what_can_be_pressed_has_a_name(visit: Callable[..., Any]) -> None:
    page = visit()

    nameless = page.evaluate(
        """() => [...document.querySelectorAll('button, input, [role=tab]')].filter((one) => one.offsetParent
            && !(one.innerText || '').trim() && !one.getAttribute('aria-label') && !(one.labels && one.labels.length)
            && !one.getAttribute('aria-hidden') && one.type !== 'hidden').map((one) => one.outerHTML.slice(0, 120))"""
    )

    assert nameless == []
    assert page.evaluate("document.documentElement.lang") == "en"


def test_a_restart_of_the_server_is_told_and_a_fresh_world_opens(visit: Callable[..., Any]) -> None:
    first = Server("tiny")
    page = visit(first.url)
    press(page, "One quarter on")
    page.wait_for_function("() => document.querySelector('.ma-clock strong').innerText !== '05 Jan 2009'")

    first.stop()
    page.wait_for_selector(".ma-lost")
    assert "connection to the server is lost" in page.inner_text(".ma-lost")
    second = Server("tiny", first.port)
    try:
        page.wait_for_function("() => /restarted/.test((document.querySelector('.ma-lost') || {}).innerText)")
        page.wait_for_function(f"() => (document.querySelector('.ma-clock strong') || {{}}).innerText === '{START}'")
    finally:
        page.close()
        second.stop()
