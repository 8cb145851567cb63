"""Snapshots: the whole state of a model as plain arrays and JSON, and back, bit for bit (ODD: Observation).

A snapshot carries no code and no generator: luck is keyed, so a restored model
goes on exactly as the first would have. The file is a NumPy archive without
pickles, safe to open from anywhere.
"""

import dataclasses
import datetime as dt
import io
import json
import zipfile
import zlib
from typing import TYPE_CHECKING, Any

import numpy as np
from pydantic import TypeAdapter

from market_abm.market.contracts import OfftakeContract
from market_abm.market.licence_pool import LicencePool
from market_abm.market.regime import PoolTerms
from market_abm.policy import AnyPolicy
from market_abm.scenario.schema import Scenario

if TYPE_CHECKING:
    from market_abm.agents.population import Agent
    from market_abm.model import MineralMarket

FORMAT = 1
MARKET_ARRAYS = (
    *("ticks", "price", "quote", "average", "anchor", "long_average", "trend", "past", "news"),
    *("dependence", "cycle", "cost_index", "thrift_speed", "zone_alarm", "zone_use", "zone_cover"),
)
MARKET_NUMBERS = ("weeks_seen", "growth_years", "quota_alarm")
MODEL_ARRAYS = ("fitness", "gated_share", "imports")
LEDGER_ARRAYS = ("money", "mass", "_money_control", "_mass_control")
FEED_ARRAYS = ("grams", "content", "cost")
RECORD_ARRAYS = ("price", "flow", "stock", "activity", "imports", "share", "mining")
RECORD_LISTS = ("licences", "events", "projects")


class SnapshotError(ValueError):
    """The bytes are no snapshot, or not of a model this version can continue."""


def take(model: "MineralMarket") -> bytes:
    """Everything needed to continue a model from its current week."""
    arrays = state_arrays(model) | record_arrays(model, model.week_index)
    buffer = io.BytesIO()
    np.savez_compressed(buffer, json=np.frombuffer(state_json(model), dtype=np.uint8), **arrays)
    return buffer.getvalue()


def state_json(model: "MineralMarket") -> bytes:
    """The part of the state that is not arrays."""
    return json.dumps(_plain(model), default=_number).encode()


def record_arrays(model: "MineralMarket", weeks: int) -> dict[str, Any]:
    """The recorder's arrays of the first weeks: windows, not copies."""
    return {f"record/{name}": getattr(model.recorder, name)[:weeks] for name in RECORD_ARRAYS}


def state_arrays(model: "MineralMarket") -> dict[str, Any]:
    """All arrays of the state but the record, which only grows: windows, not copies."""
    arrays: dict[str, Any] = {}
    for name in MARKET_ARRAYS:
        arrays[f"market/{name}"] = getattr(model.market, name)
    for name in MODEL_ARRAYS:
        arrays[f"model/{name}"] = getattr(model, name)
    for name in LEDGER_ARRAYS:
        arrays[f"ledger/{name}"] = getattr(model.ledger, name)
    arrays["network/smuggling"], arrays["transit/ring"] = model.network.smuggling, model.transit.ring
    for name in FEED_ARRAYS:
        arrays[f"feed/{name}"] = getattr(model.feed, name)
    for kind, population in model.populations.items():
        for column in _own_columns(population):
            arrays[f"{kind}/{column}"] = population.__dict__[column]
    for label, pool in model.pools.items():
        arrays[f"pool/{label}"] = pool.left
    return arrays


def restore(data: bytes, kinds: "dict[str, type[Agent]] | None" = None) -> "MineralMarket":
    """Build the model of a snapshot, ready for its next week.

    Parameters
    ----------
    data : what `take` returned.
    kinds : the classes of agents the model was built with, if not the shipped ones.

    Raises
    ------
    SnapshotError
        When the bytes are damaged or of another format.
    """
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in archive.files}
        plain = json.loads(arrays.pop("json").tobytes())
    except (ValueError, KeyError, OSError, EOFError, zipfile.BadZipFile, zlib.error) as fault:
        raise SnapshotError(f"not a snapshot of market_abm: {fault}") from fault
    if plain.get("format") != FORMAT:
        raise SnapshotError(f"snapshot format {plain.get('format')} is not {FORMAT}; make it anew with this version")
    return rebuild(arrays, plain, kinds)


def rebuild(
    arrays: dict[str, Any], plain: dict[str, Any], kinds: "dict[str, type[Agent]] | None" = None
) -> "MineralMarket":
    """Build a model from its arrays, record included, and the parsed `state_json`; it keeps the arrays as its own."""
    from market_abm.model import MineralMarket

    model = MineralMarket(Scenario.model_validate(plain["scenario"]), rng=plain["seed"], kinds=kinds)
    model.week_index = plain["week_index"]
    for name, values in arrays.items():
        _put(model, name, values)
    _put_plain(model, plain, arrays)
    return model


def _own_columns(population: Any) -> list[str]:
    return [column.name for column in population.kind.columns() if column.book is None and column.dtype != object]


def _plain(model: "MineralMarket") -> dict[str, Any]:
    """The part of the state that is not arrays."""
    record, ledger = model.recorder, model.ledger
    return {
        "format": FORMAT,
        "scenario": model.scenario.model_dump(mode="json"),
        "seed": model.luck.seed,
        "week_index": model.week_index,
        "market": {name: getattr(model.market, name) for name in MARKET_NUMBERS},
        "halts": model.halts,
        "in_force": [policy.model_dump(mode="json") for policy in model.in_force],
        "pools": {label: _pool_facts(pool) for label, pool in model.pools.items()},
        "signed": [dataclasses.asdict(contract) for contract in model.contracts.signed],
        "offtakes": [
            place for place, contract in enumerate(model.contracts.signed) if contract in model.contracts.offtakes
        ],
        "journal": [[*key, total] for key, total in ledger.journal.items()],
        "pages": [[*key, page.tolist()] for key, page in ledger.pages.items()],
        "record": {name: getattr(record, name) for name in RECORD_LISTS},
        "money": [[*key, total] for key, total in record.money.items()],
        "booked": [[*key, total] for key, total in record._paid.items()],
    }


def _number(value: Any) -> int | float:
    """JSON form of a NumPy number."""
    if isinstance(value, np.integer):
        return int(value)
    if isinstance(value, np.floating):
        return float(value)
    raise TypeError(f"{type(value).__name__} cannot stand in a snapshot")


def _pool_facts(pool: LicencePool) -> dict[str, Any]:
    terms = dataclasses.asdict(pool.terms)
    terms["opened"], terms["closes"] = terms["opened"].isoformat(), terms["closes"] and terms["closes"].isoformat()
    return {"terms": terms} | {name: getattr(pool, name) for name in ("price", "issued", "used", "offered")}


def _put(model: "MineralMarket", name: str, values: Any) -> None:
    """Put one array back in place, so that windows on it stay true."""
    owner, _, field = name.partition("/")
    if owner == "market":
        setattr(model.market, field, values)
    elif owner == "model":
        setattr(model, field, values)
    elif owner == "ledger":
        getattr(model.ledger, field)[...] = values
    elif owner == "record":
        getattr(model.recorder, field)[: model.week_index] = values
    elif owner == "network":
        model.network.smuggling = values
    elif owner == "transit":
        model.transit.ring[...] = values
    elif owner == "feed":
        getattr(model.feed, field)[...] = values
    elif owner in model.populations:
        model.populations[owner].__dict__[field][...] = values


def _put_plain(model: "MineralMarket", plain: dict[str, Any], arrays: dict[str, Any]) -> None:
    for name, value in plain["market"].items():
        setattr(model.market, name, value)
    model.halts = plain["halts"]
    model.contracts.signed = [OfftakeContract(**row) for row in plain["signed"]]
    model.contracts.offtakes = [model.contracts.signed[place] for place in plain["offtakes"]]
    model.ledger.journal = {(a, b, c): total for a, b, c, total in plain["journal"]}
    model.ledger.pages = {(a, b, c): np.array(page, dtype=np.int64) for a, b, c, page in plain["pages"]}
    record = model.recorder
    for name, rows in plain["record"].items():
        setattr(record, name, [tuple(row) for row in rows])
    record.money = {(year, a, b, c): total for year, a, b, c, total in plain["money"]}
    record._paid = {(a, b, c): total for a, b, c, total in plain["booked"]}
    for label, facts in plain["pools"].items():
        terms = facts["terms"]
        terms["materials"] = tuple(terms["materials"])
        terms["opened"] = dt.date.fromisoformat(terms["opened"])
        terms["closes"] = terms["closes"] and dt.date.fromisoformat(terms["closes"])
        pool = LicencePool(PoolTerms(**terms), model.licence_holders, model.licence_holders.rows_in(terms["origin"]))
        pool.left = arrays[f"pool/{label}"]
        for name in ("price", "issued", "used", "offered"):
            setattr(pool, name, facts[name])
        model.pools[label] = pool
    model.in_force = list(TypeAdapter(list[AnyPolicy]).validate_python(plain["in_force"]))
    model.steps, model.running = model.week_index, model.week_index < model.weeks
