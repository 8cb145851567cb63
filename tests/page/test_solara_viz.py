"""Mesa's own page shows the model without an adapter (needs the `app` extra)."""

import warnings

import pytest

from market_abm.model import MineralMarket

solara = pytest.importorskip("solara", reason="the page's libraries are not installed: pip install -e '.[app]'")


@pytest.mark.filterwarnings("ignore")  # Mesa and Solara warn about each other, not about us
def test_solara_viz_shows_a_price_of_the_model() -> None:
    from mesa.visualization import SolaraViz, make_plot_component

    model = MineralMarket("tiny", rng=0)
    for _ in range(3):
        model.step()
    controls = {"scenario": "tiny", "rng": 0}
    page = SolaraViz(model, components=[make_plot_component("NdPr price, CN")], model_params=controls, name="tiny")

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        box, context = solara.render(page, handle_error=False)

    assert box.children
    context.close()


@pytest.mark.filterwarnings("ignore")  # as above
def test_solara_viz_takes_the_charts_of_the_page() -> None:
    from mesa.visualization import SolaraViz

    from market_abm.app.components import dependence_chart, price_chart

    model = MineralMarket("tiny", rng=0)
    for _ in range(3):
        model.step()
    charts = [price_chart("NdPr"), dependence_chart()]
    page = SolaraViz(model, components=charts, model_params={"scenario": "tiny", "rng": 0}, name="tiny")

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        _, context = solara.render(page, handle_error=False)

    titles = {widget.title for widget in context.find(_plot()).widgets}
    context.close()
    assert titles == {"NdPr: prices", "Imports of NdPr from behind the gate"}


def _plot() -> type:
    from market_abm.app.page.chart import _Plot

    return _Plot().component.widget
