"""Small functions that write HTML. Everything given as text is escaped; `Markup` is what already is HTML."""

from collections.abc import Iterable, Sequence
from html import escape
from typing import TypeAlias


class Markup(str):
    """Text that is HTML already."""

    __slots__ = ()


Content: TypeAlias = "str | Markup | Iterable[str | Markup]"
VOID = {"meta", "input", "br"}


def text(content: Content) -> Markup:
    """HTML of a content: markup as it is, text escaped, several one after the other."""
    if isinstance(content, Markup):
        return content
    if isinstance(content, str):
        return Markup(escape(content))
    return Markup("".join(text(part) for part in content))


def tag(name: str, content: Content = "", /, **attributes: str | bool) -> Markup:
    """An element; `class_` and `for_` lose their underscore, True writes a bare attribute."""
    words = [name]
    for key, value in attributes.items():
        shown = key.rstrip("_").replace("_", "-")
        if value is True:
            words.append(shown)
        elif value is not False:
            words.append(f'{shown}="{escape(value)}"')
    end = "" if name in VOID else f"{text(content)}</{name}>"
    return Markup(f"<{' '.join(words)}>{end}")


def table(
    head: Sequence[Content],
    rows: Iterable[Sequence[Content]],
    numeric: Sequence[int] = (),
    caption: str = "",
    class_: str = "",
) -> Markup:
    """A table that scrolls sideways by itself when it is too wide; columns in `numeric` are set to the right."""

    def cell(kind: str, place: int, content: Content) -> Markup:
        style = {"class_": "number"} if place in numeric else {}
        return tag(kind, content, **style, **({"scope": "col"} if kind == "th" else {}))

    top = tag("thead", tag("tr", [cell("th", place, name) for place, name in enumerate(head)]))
    body = tag("tbody", [tag("tr", [cell("td", place, part) for place, part in enumerate(row)]) for row in rows])
    title = tag("caption", caption) if caption else Markup("")
    return tag("div", tag("table", [title, top, body], class_=class_), class_="scroll", tabindex="0")


def details(summary: str, content: Content, open_: bool = False) -> Markup:
    """A part that opens at a click."""
    return tag("details", [tag("summary", summary), text(content)], open=open_)


def definitions(pairs: Iterable[tuple[str, Content]]) -> Markup:
    """A list of names and what they are."""
    return tag("dl", [tag("div", [tag("dt", name), tag("dd", what)]) for name, what in pairs])
