"""The toy in plain Mesa: one Python object an agent, one method a rule, as in a tutorial (see `toy_start`)."""

import math
from typing import Any

import mesa

from experiments.benchmarks.toy_start import (
    ASK_COVER,
    BAND,
    CATCH_UP,
    COST,
    COVER,
    COVER_SLOPE,
    ELASTICITY,
    FREIGHT,
    GAIN,
    GAP_PREMIUM,
    MEMORY,
    NOISE,
    PACE,
    PRICE,
    RECOVERY,
    RESPONSE,
    REVISION,
    SHUTDOWN,
    ZONES,
    Kind,
    start,
)


class Toy(mesa.Model):
    """The market."""

    def __init__(self, agents: int, seed: int = 1) -> None:
        super().__init__(rng=seed)
        self.week = 0
        self.price, self.usual = [PRICE] * ZONES, [PRICE] * ZONES
        self.ore, self.room = [0.0] * ZONES, [0.0] * ZONES
        kinds = start(agents, seed)
        for name, kind in (("miner", Miner), ("refiner", Refiner), ("manufacturer", Manufacturer)):
            for row in range(kinds[name].number.size):
                kind(self, kinds[name], row)
        for row in range(kinds["speculator"].number.size):
            Speculator(self, kinds["speculator"], row)
        self.room = [sum(r.size for r in self.agents_by_type[Refiner] if r.zone == zone) for zone in range(ZONES)]

    def step(self) -> None:
        """Run one week."""
        self.ore = [0.0] * ZONES
        self.bids: list[list[Order]] = [[] for _ in range(ZONES)]
        self.asks: list[list[Order]] = [[] for _ in range(ZONES)]
        for kind in (Miner, Refiner, Manufacturer, Speculator):
            self.agents_by_type[kind].do("act")
        for zone in range(ZONES):
            self.price[zone] = clear(self.bids[zone], self.asks[zone], self.price[zone])
            self.usual[zone] += (self.price[zone] - self.usual[zone]) / MEMORY
        self.week += 1


class Order:
    """A bid or an ask."""

    __slots__ = ("agent", "left", "limit", "quantity")

    def __init__(self, agent: Any, limit: float, quantity: float) -> None:
        self.agent, self.limit, self.quantity, self.left = agent, limit, quantity, quantity


def clear(bids: list[Order], asks: list[Order], price: float) -> float:
    """Match the best orders first, settle at one price, return it; last week's price when nothing is traded."""
    bids.sort(key=lambda order: -order.limit)
    asks.sort(key=lambda order: order.limit)
    bid = ask = 0
    while bid < len(bids) and ask < len(asks) and bids[bid].limit >= asks[ask].limit:
        price = (bids[bid].limit + asks[ask].limit) / 2
        traded = min(bids[bid].left, asks[ask].left)
        bids[bid].left -= traded
        asks[ask].left -= traded
        if bids[bid].left <= 0:
            bid += 1
        if asks[ask].left <= 0:
            ask += 1
    for order in bids[: bid + 1]:
        order.agent.settle(order.quantity - order.left, price)
    for order in asks[: ask + 1]:
        order.agent.settle(order.left - order.quantity, price)
    return price


class Trader(mesa.Agent):
    """What all kinds have: a place, a size, a taste, luck, stock and cash."""

    def __init__(self, model: Toy, kind: Kind, row: int) -> None:
        super().__init__(model)
        self.number, self.zone = int(kind.number[row]), int(kind.zone[row])
        self.size, self.taste = float(kind.size[row]), float(kind.taste[row])
        self.stock = self.cash = 0.0

    def luck(self) -> float:
        """Draw of the week, -0.5 to 0.5."""
        word = (self.number * 1103515245 + self.model.week * 12345 + 1013904223) & 0x7FFFFFFF
        word = (word ^ (word >> 13)) * 69069 & 0x7FFFFFFF
        return ((word >> 8) & 0xFFFF) / 65536 - 0.5

    def settle(self, bought: float, price: float) -> None:
        """Take and pay what was bought, or give what was sold."""
        self.stock += bought
        self.cash -= bought * price


class Miner(Trader):
    """Digs more when the price covers its cost."""

    utilisation = 0.8

    def act(self) -> None:
        """Dig."""
        ratio = self.model.price[self.zone] / (COST * self.taste)
        wanted = min(max((ratio - SHUTDOWN) / BAND, 0.0), 1.0)
        self.utilisation += RESPONSE * (wanted - self.utilisation)
        dug = self.size * self.utilisation
        self.cash -= dug * COST * self.taste
        self.model.ore[self.zone] += dug


class Refiner(Trader):
    """Refines its share of the zone's ore and asks where it earns most."""

    def act(self) -> None:
        """Refine and ask."""
        model = self.model
        ore = model.ore[self.zone] * self.size / model.room[self.zone]
        self.stock += RECOVERY * min(ore, self.size)
        best, net = self.zone, model.price[self.zone]
        for zone in range(ZONES):
            if zone != self.zone and model.price[zone] - FREIGHT > net:
                best, net = zone, model.price[zone] - FREIGHT
        cover = self.stock / self.size
        step = COVER_SLOPE * (ASK_COVER - cover) + NOISE * self.luck()
        limit = model.price[best] * math.exp(min(max(step, -0.08), 0.08))
        if self.stock > 0:
            model.asks[best].append(Order(self, limit, 0.5 * self.stock))


class Manufacturer(Trader):
    """Uses the metal and holds stock against scarcity."""

    def __init__(self, model: Toy, kind: Kind, row: int) -> None:
        super().__init__(model, kind, row)
        self.stock = COVER * self.size

    def act(self) -> None:
        """Use and bid."""
        model = self.model
        price = model.price[self.zone]
        need = self.size * math.exp(-ELASTICITY * math.log(price / PRICE))
        used = min(need, self.stock)
        self.stock -= used
        self.cash += used * 1.5 * price
        trend = math.log(price / model.usual[self.zone])
        target = COVER * self.taste * (1 + max(trend, 0.0)) * need
        gap = target - self.stock
        wanted = max(need + gap / CATCH_UP, 0.0)
        limit = price * math.exp(GAP_PREMIUM * min(max(gap / target, -1.0), 1.0) + NOISE * self.luck())
        if wanted > 0:
            model.bids[self.zone].append(Order(self, limit, wanted))


class Speculator(Trader):
    """Follows the trend or bets on its end."""

    chartist = True

    def __init__(self, model: Toy, kind: Kind, row: int) -> None:
        super().__init__(model, kind, row)
        self.cash = self.size

    def act(self) -> None:
        """Reconsider, then bid or ask."""
        model = self.model
        price = model.price[self.zone]
        trend = math.log(price / model.usual[self.zone])
        luck = self.luck()
        if luck + 0.5 < REVISION:
            self.chartist = trend > 0.02
        expected = GAIN * self.taste * trend if self.chartist else -trend
        worth = max(self.cash + self.stock * price, 0.0)
        wanted = min(max(expected / 0.2, 0.0), 1.0) * worth / price
        change = PACE * (wanted - self.stock)
        limit = price * math.exp(min(max(0.1 * expected, -0.05), 0.05) + NOISE * luck)
        if change > 0 and self.cash > 0:
            model.bids[self.zone].append(Order(self, limit, min(change, self.cash / limit)))
        elif change < 0 and self.stock > 0:
            model.asks[self.zone].append(Order(self, limit, min(-change, self.stock)))
