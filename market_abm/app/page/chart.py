"""A chart in the browser, updated in place.

Plotly's script is served from its wheel once for all charts, so nothing comes
from the network; a `FigureWidget` would send the five megabytes with every chart.
"""

import solara

from market_abm.app.page.look import Figure


@solara.component_vue("chart.vue")
def _Plot(
    figure: str = "", title: str = "", unit: str = "", words: str = "", height: int = 360, filename: str = ""
) -> None: ...


def Chart(figure: Figure, filename: str = "chart") -> solara.Element:
    """Draw a figure under its title."""
    return _Plot(
        figure=figure.as_json(),
        title=figure.title,
        unit=figure.unit,
        words=figure.words,
        height=figure.height,
        filename=filename,
    )
