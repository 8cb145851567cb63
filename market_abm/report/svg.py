"""A figure as inline SVG: small, with real text, the same bytes each time, and no address in it."""

import io
import re
from html import escape

import matplotlib as mpl
from matplotlib.figure import Figure

from market_abm.report.style import styled

HEAD = re.compile(r"^.*?(?=<svg)", re.DOTALL)
METADATA = re.compile(r"\s*<metadata>.*?</metadata>", re.DOTALL)
NAMESPACE = re.compile(r'\s+xmlns(:\w+)?="[^"]*"')
UNUSED_ID = re.compile(r' id="(?:figure|axes|patch|text|line2d|matplotlib\.axis|xtick|ytick|legend|[A-Z]\w*?)_\d+"')
LONG_NUMBER = re.compile(r"(\d+\.\d)\d+")
COORDINATES = re.compile(r'(?<= )(?:d|x|y|points)="[^"]*"')
OUTER = re.compile(r'<svg [^>]*?viewBox="([^"]*)"[^>]*>')
FONT = re.compile(r"font: ((?:\d+ |bold |italic )*[\d.]+px) [^;\"]*")
COMMENT = re.compile(r"\s*<!--.*?-->", re.DOTALL)


@styled
def to_svg(figure: Figure, alt: str, salt: str) -> str:
    """Inline SVG of a figure with its alternative text; `salt` keeps the ids of a page's pictures apart."""
    out = io.StringIO()
    with mpl.rc_context({"svg.hashsalt": salt}):
        figure.savefig(out, format="svg", metadata={"Date": None})
    text = METADATA.sub("", HEAD.sub("", out.getvalue(), count=1))
    text = COMMENT.sub("", NAMESPACE.sub("", UNUSED_ID.sub("", text)))
    text = COORDINATES.sub(lambda found: LONG_NUMBER.sub(r"\1", found[0]).replace("\n", " "), text)
    text = FONT.sub(r"font: \1 sans-serif", text)
    label = escape(alt)
    return OUTER.sub(lambda found: f'<svg viewBox="{found[1]}" role="img" aria-label="{label}">', text, count=1)
