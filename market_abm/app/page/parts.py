"""Small pieces that every panel is built of."""

from collections.abc import Sequence
from html import escape
from typing import Any

import solara

v = solara.v


class Markup(str):
    """Text that is HTML already."""


def part(tag: str, *children: str, kind: str = "", **attributes: str) -> Markup:
    """Build a piece of HTML; `kind` is its class, underscores in attribute names become hyphens."""
    named = {"class": kind, **{name.replace("_", "-"): value for name, value in attributes.items()}}
    said = "".join(f' {name}="{escape(value)}"' for name, value in named.items() if value)
    return Markup(f"<{tag}{said}>{_inside(children)}</{tag}>")


def _inside(children: Sequence[str]) -> str:
    return "".join(child if isinstance(child, Markup) else escape(child) for child in children)


def html(tag: str, *children: str, kind: str = "", **attributes: str) -> solara.Element:
    """Show a piece of HTML as one element: Solara visits each element at each redraw, so few are quick."""
    named = {name.replace("_", "-"): value for name, value in attributes.items()}
    return solara.HTML(tag=tag, unsafe_innerHTML=_inside(children), attributes=named, classes=[kind] if kind else [])


def empty(words: str) -> solara.Element:
    """Say why there is nothing to see."""
    return html("p", words, kind="ma-empty")


def wrong(words: str | Sequence[str]) -> solara.Element:
    """Say what is wrong, at once also to a screen reader."""
    faults = [words] if isinstance(words, str) else list(words)
    return html("div", *(part("p", fault) for fault in faults), kind="ma-wrong", role="alert")


def table(heads: Sequence[str], rows: Sequence[Sequence[str]], numbers: int, caption: str) -> solara.Element:
    """Lay out a table; its last `numbers` columns are aligned right."""
    right = len(heads) - numbers
    kinds = ["ma-number" if place >= right else "" for place in range(len(heads))]
    head = part("tr", *(part("th", name, kind=kind, scope="col") for name, kind in zip(heads, kinds, strict=True)))
    body = [part("tr", *(part("td", cell, kind=kind) for cell, kind in zip(row, kinds, strict=True))) for row in rows]
    inside = part("table", part("caption", caption), part("thead", head), part("tbody", *body))
    return html("div", inside, kind="ma-scroll", tabindex="0", role="region", aria_label=caption)


@solara.component
def Choose(
    label: str, value: Any, choices: Sequence[tuple[Any, str]], on_value: Any, kind: str = "", disabled: bool = False
) -> None:
    """A list to choose one from; `choices` are (value, words)."""
    v.Select(
        label=label,
        v_model=value,
        on_v_model=on_value,
        items=[{"value": one, "text": text} for one, text in choices],
        dense=True,
        outlined=True,
        hide_details=True,
        disabled=disabled,
        class_=f"ma-choose {kind}",
        menu_props={"offsetY": True},
    )


@solara.component
def Press(
    label: str,
    on_click: Any,
    icon: str = "",
    main: bool = False,
    disabled: bool = False,
    only_icon: bool = False,
    pressed: bool | None = None,
    kind: str = "",
    told: str = "",
) -> None:
    """A button; `told` is what screen readers say instead of the label, which `only_icon` shows on hover only."""
    attributes = {"aria-label": label, "title": label} if only_icon else {}
    if told:
        attributes["aria-label"] = told
    if pressed is not None:
        attributes["aria-pressed"] = str(pressed).lower()
    children: list[Any] = [v.Icon(children=[icon], left=not only_icon, small=True)] if icon else []
    button = v.Btn(
        children=children if only_icon else [*children, label],
        color="primary" if main else None,
        outlined=not main,
        depressed=True,
        disabled=disabled,
        class_=f"ma-press {'ma-icon' if only_icon else ''} {'ma-on' if pressed else ''} {kind}",
        attributes=attributes,
    )
    v.use_event(button, "click", lambda *_: on_click())
