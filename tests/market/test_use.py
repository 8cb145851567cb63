"""Use, saving and recycling: what is used is sold or scrapped, and scrap comes back at a price."""

from collections.abc import Callable

import numpy as np
import pytest

from market_abm.market import use
from market_abm.model import MineralMarket

BY_HAND = {
    "parameters": {
        "manufacturer": {"product_markup": 0.1},
        "recycling": {
            "swarf_share": 0.2,
            "greatest_recovery": 0.3,
            "half_price_ratio": 4.0,
            "lag_years": 1.0,
        },
    }
}
WEEKS = 52.1775


def scrap_model(tiny_model: Callable[..., MineralMarket], changes: dict | None = None) -> MineralMarket:
    """Market with 52.1775 t of each scrap in every zone: a tonne is treated each week."""
    model = tiny_model(BY_HAND if changes is None else changes)
    grams = np.full((2, 3), int(WEEKS * 1e6) + 1, dtype=np.int64)
    model.ledger.move_all("test", model.opening, model.scrap, grams, source_row=0)
    return model


def test_a_fifth_of_what_is_used_becomes_swarf(tiny_model: Callable[..., MineralMarket]) -> None:
    model = tiny_model(BY_HAND)

    use.consume(model)

    used = model.used
    swarf = model.manufacturers.by_zone(np.floor(0.2 * used))
    np.testing.assert_array_equal(model.scrap.mass[:2], swarf)
    np.testing.assert_array_equal(model.products.mass[:2], model.manufacturers.by_zone(used) - swarf)


def test_goods_are_sold_at_the_price_of_their_inputs_and_a_markup(tiny_model: Callable[..., MineralMarket]) -> None:
    model = tiny_model(BY_HAND)

    use.consume(model)

    expected = (model.used * model.manufacturers.reference_price * 1.1 * 1000).sum(axis=0)
    np.testing.assert_allclose(model.manufacturers.cash, expected, rtol=1e-9)


def test_nobody_uses_more_than_it_has(tiny_model: Callable[..., MineralMarket]) -> None:
    model = tiny_model()
    makers = model.manufacturers
    model.ledger.move_all("test", model.group_of(makers), model.losses, makers.stock - 1000, sink_row=0)

    use.consume(model)

    assert (model.used <= 1000).all()
    assert (makers.stock >= 0).all()
    assert (model.lost_sales > 0).all()


def test_scrap_comes_back_with_the_price(tiny_model: Callable[..., MineralMarket]) -> None:
    model = scrap_model(tiny_model)
    stock = model.manufacturers.stock.copy()

    use.recycle(model)

    back = model.manufacturers.by_zone(model.manufacturers.stock - stock)
    price, half = model.market.price[:, :3], 4.0 * model.market.reference[:, None]
    np.testing.assert_allclose(back, 1e6 * 0.3 * price / (price + half), atol=4)


def test_a_recycler_pays_its_cost_and_the_treasury_its_part(tiny_model: Callable[..., MineralMarket]) -> None:
    model = scrap_model(tiny_model)
    model.market.regime.help_recycling("JP", 0.0, 0.4)
    before = model.treasury.money.copy()

    use.recycle(model)

    journal = model.ledger.journal
    assert (
        0
        < journal["treasury", "Manufacturer", "recycling subsidy"]
        < journal["Manufacturer", "suppliers", "recycling cost"]
    )
    japan = model.manufacturers.zone == 1
    spent = before - model.treasury.money
    assert spent[1] == pytest.approx(-model.manufacturers.cash[japan].sum() * 0.4 / 0.6, abs=3)
    assert not spent[[0, 2]].any()


def test_what_is_not_recovered_is_lost(tiny_model: Callable[..., MineralMarket]) -> None:
    model = scrap_model(tiny_model)
    stock, scrap = model.manufacturers.stock.sum(), model.scrap.mass[:2].sum()

    use.recycle(model)

    gone = scrap - model.scrap.mass[:2].sum()
    assert gone == model.manufacturers.stock.sum() - stock + model.losses.mass[:2].sum()
    assert gone == 6 * 1_000_000


def test_without_the_rule_nothing_is_recycled(tiny_model: Callable[..., MineralMarket]) -> None:
    model = scrap_model(tiny_model, {"rules_off": ["recycling"]})
    before = model.scrap.mass.copy()

    use.recycle(model)

    np.testing.assert_array_equal(model.scrap.mass, before)


def test_rising_use_does_not_raise_what_can_be_recovered(tiny_model: Callable[..., MineralMarket]) -> None:
    model = scrap_model(tiny_model)
    stock = model.manufacturers.stock.copy()
    model.manufacturers.usual_use *= 2.0  # as after a week of much higher use

    use.recycle(model)

    back = model.manufacturers.by_zone(model.manufacturers.stock - stock)
    price, half = model.market.price[:, :3], 4.0 * model.market.reference[:, None]
    np.testing.assert_allclose(back, 1e6 * 0.3 * price / (price + half), atol=4)


def test_without_thrifting_intensity_stays(tiny_model: Callable[..., MineralMarket]) -> None:
    model = tiny_model({"rules_off": ["thrifting"]})
    model.market.average *= 10

    use.consume(model)

    np.testing.assert_array_equal(model.manufacturers.intensity, 1.0)
