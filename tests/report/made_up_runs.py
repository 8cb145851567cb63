"""Synthetic runs: the tables of a scenario, filled with made-up but plausible numbers."""

import datetime as dt

import numpy as np
import pandas as pd

from market_abm.record.run import Run
from market_abm.scenario.schema import Scenario

ZONES = {"CN": "China", "JP": "Japan", "RW": "Rest of world"}
MATERIALS = {"NdPr": 20.0, "Dy": 120.0, "La": 5.0}
HOLDERS = ("manufacturers", "speculators", "refiners", "state", "transit", "scrap")


def make_scenario(materials=MATERIALS, zones=ZONES, start=dt.date(2008, 1, 7), end=dt.date(2014, 1, 6), **changes):
    names = list(zones)
    fields = {
        "name": "made-up",
        "title": "A made-up market",
        "description": "Does the page show what it is given?",
        "time": {"start": start, "record_from": start, "growth_from": start + dt.timedelta(days=7), "end": end},
        "zone": {name: {"label": label, "export_gate": name == "CN"} for name, label in zones.items()},
        "material": {
            name: {"label": f"{name} oxide", "price_usd_per_kg": price, "value_in_use_usd_per_kg": 20 * price}
            for name, price in materials.items()
        },
        "lead_material": next(iter(materials)),
        "manufacturer": {
            f"makers-{zone}": {"zone": zone, "use_t_per_year": dict.fromkeys(materials, 5000.0)} for zone in names
        },
        "policy": [
            {"type": "embargo", "origin": "CN", "destination": names[1], "start": "2010-09-20", "end": "2010-11-22"},
            {"type": "export_quota", "origin": "CN", "rounds": [["2008-01-01", 9000], ["2010-07-01", 4000]]},
            {"type": "export_tax", "origin": "CN", "rate": [["2008-01-01", 0.25]], "end": "2012-01-02"},
        ],
    }
    return Scenario.model_validate(fields | changes)


def make_tables(scenario, seed=1):
    rng = np.random.default_rng(seed)
    weeks = pd.date_range(scenario.time.record_from, scenario.time.end, freq="W-MON", inclusive="left")
    materials, zones = list(scenario.material), list(scenario.zone)

    def cross(**levels):
        return pd.MultiIndex.from_product(levels.values(), names=levels.keys()).to_frame(index=False)

    prices = cross(week=weeks, material=materials, zone=[*zones, "CN export"])
    bump = 1 + 8 * np.exp(-(((prices["week"] - pd.Timestamp("2011-08-01")).dt.days / 200) ** 2))
    base = prices["material"].map({name: part.price_usd_per_kg for name, part in scenario.material.items()})
    prices["price_usd_per_kg"] = base * bump * np.exp(rng.normal(0, 0.05, len(prices)))

    flows = cross(week=weeks, material=materials, origin=zones, destination=zones, way=["legal", "smuggled"])
    flows = flows[(flows["origin"] != flows["destination"])].reset_index(drop=True)
    flows["tonnes"] = rng.uniform(0, 50, len(flows)) * np.where(flows["way"] == "smuggled", 0.2, 1.0)
    stocks = cross(week=weeks, material=materials, holder=HOLDERS, zone=zones)
    stocks["tonnes"] = rng.uniform(10, 90, len(stocks))
    activity = cross(week=weeks, zone=zones, sector=["magnets", "catalysts"])
    size = len(activity)
    activity["need_t"], activity["use_t"] = 100.0, rng.uniform(90, 100, size)
    activity["activity"], activity["lost_usd"] = activity["use_t"] / 100, rng.uniform(0, 1e6, size)
    activity["cover_weeks"], activity["risk"] = rng.uniform(5, 20, size), rng.uniform(0, 1, size)
    imports = cross(week=weeks, material=materials, zone=zones)
    imports["tonnes"] = rng.uniform(50, 100, len(imports))
    imports["from_gated_tonnes"] = imports["tonnes"] * rng.uniform(0, 1, len(imports))
    shares = cross(week=weeks, stage=["mined", "refined", "magnets"], zone=zones)
    shares["tonnes"] = rng.uniform(10, 100, len(shares))
    mining = cross(week=weeks, zone=zones, legality=["legal", "illegal"])
    mining["tonnes"] = rng.uniform(10, 100, len(mining))
    licences = cross(week=weeks, pool=["export quota"])
    for column in ("price_usd_per_kg", "offered_t", "used_t", "left_t"):
        licences[column] = rng.uniform(1, 30, len(licences))
    accounts = ["manufacturers", "mines", "refiners", "states", "customs", "banks", "carriers", "owners", "traders"]
    money = cross(year=[2009, 2010], payer=accounts, payee=accounts, purpose=["goods"])
    money["usd"] = rng.uniform(0, 1e8, len(money))
    moves = [("Mt Made-up", "RW", "construction", "2009-03-02", "2011-04-04")]
    moves += [("Mt Made-up", "RW", "operating", "2011-04-04", None)]
    moves += [("Deep Hole", "JP", "resource", "2008-01-07", None)]
    projects = pd.DataFrame(moves, columns=["project", "zone", "status", "since", "until"])
    projects[["since", "until"]] = projects[["since", "until"]].apply(pd.to_datetime)
    events = pd.DataFrame({"week": weeks[:40], "kind": ["policy", "project"] * 20, "actor": "CN"})
    events["text"] = [f"event {number}" for number in range(40)]
    return {
        "prices": prices, "flows": flows, "stocks": stocks, "activity": activity, "imports": imports, "shares": shares,
        "mining": mining, "licences": licences, "money": money, "projects": projects, "events": events,
    }  # fmt: skip


def make_run(scenario=None, seed=1, tables=None):
    scenario = scenario or make_scenario()
    manifest = {"versions": {"market_abm": "0.1.0"}, "started": "2026-01-01T00:00:00+00:00", "outcome": "finished"}
    return Run(scenario, seed, make_tables(scenario, seed) if tables is None else tables, manifest)
