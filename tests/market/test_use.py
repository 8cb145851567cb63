"""Use, saving and recycling: what is used is sold or scrapped, and scrap comes back at a price."""

from collections.abc import Callable

import numpy as np
import pytest

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


def do(model: MineralMarket, verb: str) -> None:
    """Run one verb of the week alone."""
    model.verbs[model.verbs.place(verb)].run(model.world, model.week)


def scrap_model(tiny_model: Callable[..., MineralMarket], changes: dict | None = None) -> MineralMarket:
    """Market with 52.1775 t of each scrap in every zone: a tonne is treated each week."""
    model = tiny_model(BY_HAND if changes is None else changes)
    grams = np.full((2, 3), int(WEEKS * 1e6) + 1, dtype=np.int64)
    model.ledger.move_all("test", model.world.accounts.opening, model.world.accounts.scrap, grams, source_row=0)
    return model


def test_a_fifth_of_what_is_used_becomes_swarf(tiny_model: Callable[..., MineralMarket]) -> None:
    model = tiny_model(BY_HAND)

    do(model, "consume")

    used = model.week.use.used
    swarf = model.world.manufacturers.by_zone(np.floor(0.2 * used))
    np.testing.assert_array_equal(model.world.accounts.scrap.mass[:2], swarf)
    np.testing.assert_array_equal(
        model.world.accounts.products.mass[:2], model.world.manufacturers.by_zone(used) - swarf
    )


def test_goods_are_sold_at_the_price_of_their_inputs_and_a_markup(tiny_model: Callable[..., MineralMarket]) -> None:
    model = tiny_model(BY_HAND)

    do(model, "consume")

    expected = (model.week.use.used * model.world.manufacturers.reference_price * 1.1 * 1000).sum(axis=0)
    np.testing.assert_allclose(model.world.manufacturers.cash, expected, rtol=1e-9)


def test_nobody_uses_more_than_it_has(tiny_model: Callable[..., MineralMarket]) -> None:
    model = tiny_model()
    makers = model.world.manufacturers
    model.ledger.move_all(
        "test", model.world.accounts.group(makers), model.world.accounts.losses, makers.stock - 1000, sink_row=0
    )

    do(model, "consume")

    assert (model.week.use.used <= 1000).all()
    assert (makers.stock >= 0).all()
    assert (model.week.use.lost_sales > 0).all()


def test_scrap_comes_back_with_the_price(tiny_model: Callable[..., MineralMarket]) -> None:
    model = scrap_model(tiny_model)
    stock = model.world.manufacturers.stock.copy()

    do(model, "recycle")

    back = model.world.manufacturers.by_zone(model.world.manufacturers.stock - stock)
    price, half = model.market.price[:, :3], 4.0 * model.market.reference[:, None]
    np.testing.assert_allclose(back, 1e6 * 0.3 * price / (price + half), atol=4)


def test_a_recycler_pays_its_cost_and_the_treasury_its_part(tiny_model: Callable[..., MineralMarket]) -> None:
    model = scrap_model(tiny_model)
    model.world.regime.help_recycling("JP", 0.0, 0.4)
    before = model.world.accounts.treasury.money.copy()

    do(model, "recycle")

    journal = model.ledger.journal
    assert (
        0
        < journal["treasury", "Manufacturer", "recycling subsidy"]
        < journal["Manufacturer", "suppliers", "recycling cost"]
    )
    japan = model.world.manufacturers.zone == 1
    spent = before - model.world.accounts.treasury.money
    assert spent[1] == pytest.approx(-model.world.manufacturers.cash[japan].sum() * 0.4 / 0.6, abs=3)
    assert not spent[[0, 2]].any()


def test_what_is_not_recovered_is_lost(tiny_model: Callable[..., MineralMarket]) -> None:
    model = scrap_model(tiny_model)
    stock, scrap = model.world.manufacturers.stock.sum(), model.world.accounts.scrap.mass[:2].sum()

    do(model, "recycle")

    gone = scrap - model.world.accounts.scrap.mass[:2].sum()
    assert gone == model.world.manufacturers.stock.sum() - stock + model.world.accounts.losses.mass[:2].sum()
    assert gone == 6 * 1_000_000


def test_without_the_rule_nothing_is_recycled(tiny_model: Callable[..., MineralMarket]) -> None:
    model = scrap_model(tiny_model, {"rules_off": ["recycling"]})
    before = model.world.accounts.scrap.mass.copy()

    do(model, "recycle")

    np.testing.assert_array_equal(model.world.accounts.scrap.mass, before)


def test_rising_use_does_not_raise_what_can_be_recovered(tiny_model: Callable[..., MineralMarket]) -> None:
    model = scrap_model(tiny_model)
    stock = model.world.manufacturers.stock.copy()
    model.world.manufacturers.usual_use *= 2.0  # as after a week of much higher use

    do(model, "recycle")

    back = model.world.manufacturers.by_zone(model.world.manufacturers.stock - stock)
    price, half = model.market.price[:, :3], 4.0 * model.market.reference[:, None]
    np.testing.assert_allclose(back, 1e6 * 0.3 * price / (price + half), atol=4)


def test_without_thrifting_intensity_stays(tiny_model: Callable[..., MineralMarket]) -> None:
    model = tiny_model({"rules_off": ["thrifting"]})
    model.market.average *= 10

    do(model, "consume")

    np.testing.assert_array_equal(model.world.manufacturers.intensity, 1.0)
