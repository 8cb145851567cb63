"""Markets that are quick to live through and whose numbers are known."""

import datetime as dt

import numpy as np
import pandas as pd

from market_abm.scenario.schema import Scenario

WEEK = dt.timedelta(weeks=1)


def tiny() -> Scenario:
    """A year of one material in two zones."""
    return Scenario.model_validate(
        {
            "name": "fake",
            "time": {
                "start": "2010-01-04",
                "record_from": "2010-02-01",
                "growth_from": "2010-01-04",
                "end": "2011-01-03",
            },
            "zone": {"CN": {"export_gate": True}, "JP": {}},
            "material": {"NdPr": {"price_usd_per_kg": 20, "value_in_use_usd_per_kg": 400}},
            "lead_material": "NdPr",
            "deposit": {"ore": {"basket": {"NdPr": 0.2}}},
            "state_buyer": {"jogmec": {"zone": "JP"}},
        }
    )


class FakeMarket:
    """A random walk where a market should be."""

    def __init__(self, scenario: Scenario, rng: int = 0) -> None:
        self.scenario, self.seed = scenario, rng
        self.weeks = -(-(scenario.time.end - scenario.time.start) // WEEK)
        self.week_index, self.running, self.closed = 0, True, False
        self.luck = np.random.default_rng(rng)
        self.seen: list[tuple[dt.date, float]] = []

    @property
    def today(self) -> dt.date:
        return self.scenario.time.start + self.week_index * WEEK

    def step(self) -> None:
        price = 20 + self.luck.normal()
        if self.today >= self.scenario.time.record_from:
            self.seen.append((self.today, price))
        self.week_index += 1
        self.running = self.week_index < self.weeks

    def tables(self) -> dict[str, pd.DataFrame]:
        weeks = pd.to_datetime([day for day, _ in self.seen])
        prices = pd.DataFrame({"week": weeks, "material": "NdPr", "zone": "CN export"})
        prices["price_usd_per_kg"] = [price for _, price in self.seen]
        return {
            "prices": prices,
            "projects": pd.DataFrame(
                {
                    "project": ["Weld"],
                    "zone": ["RW"],
                    "status": ["operating"],
                    "since": [dt.date(2010, 3, 1)],
                    "until": [None],
                }
            ),
            "events": pd.DataFrame({"week": weeks[:0], "kind": [], "actor": [], "text": []}),
        }

    def close(self) -> None:
        self.closed = True


class FailingMarket(FakeMarket):
    """Seed 2 comes to grief in its third week."""

    def step(self) -> None:
        super().step()
        if self.seed == 2 and self.week_index == 3:
            raise RuntimeError("1 g vanished")


class InterruptedMarket(FakeMarket):
    """Somebody presses Ctrl-C while seed 2 runs."""

    def step(self) -> None:
        super().step()
        if self.seed == 2 and self.week_index == 3:
            raise KeyboardInterrupt
