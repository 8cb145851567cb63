"""Which mechanism makes the peak: `japan-2010` with one rule or restriction taken away at a time.

    python experiments/ablations/run.py [--seeds 10]

Prints a table of peak quarters over the mean of 2009, outside and inside China,
with paired factors against the whole scenario under the same seeds.
"""

import argparse
from statistics import median

import numpy as np

from market_abm.model import MineralMarket
from market_abm.scenario.loading import load_scenario

END = "time.end=2014-01-06"
QUOTA = ["export-quota", "export-quota-light", "export-quota-heavy"]
RESTRAINT = ["mining-quota-light", "mining-quota-heavy", "campaigns", "resource-tax", "baotou-reserve", "baotou-halt"]
T95 = {4: 3.18, 6: 2.57, 8: 2.36, 10: 2.26, 12: 2.20, 16: 2.13, 20: 2.09}


def off(*policies: str) -> list[str]:
    return [f"policy.{name}.enabled=false" for name in policies]


ARMS: dict[str, list[str]] = {
    "the whole scenario": [],
    "no speculators": ["rules_off=['speculation']"],
    "no hoarding": ["rules_off=['hoarding']"],
    "no speculators, no hoarding": ["rules_off=['speculation', 'hoarding']"],
    "no thrifting": ["rules_off=['thrifting']"],
    "no smuggling": ["rules_off=['smuggling']"],
    "no news": ["rules_off=['news']"],
    "no kinship of materials": ["parameters.manufacturer.kinship=0"],
    "no embargo": off("embargo-japan"),
    "no quota": off(*QUOTA),
    "no quota, no embargo": off(*QUOTA, "embargo-japan"),
    "no mining restraint": off(*RESTRAINT),
    "no Chinese restriction at all": off(*QUOTA, "embargo-japan", *RESTRAINT),
}


def peaks(changes: list[str], seed: int) -> tuple[float, float, float]:
    """Peak quarter of 2010-2013 over 2009: NdPr at the gate, NdPr inside China, Dy at the gate."""
    model = MineralMarket(load_scenario("japan-2010", [END, *changes]), rng=seed)
    while model.running:
        model.step()
    model.close()
    days = [model.date_of(week) for week in range(model.weeks)]
    years = np.array([day.year + (day.month - 1) // 3 / 4 for day in days])
    market = model.market
    gate, inside = market.gate_of[market.gated[0]], market.gated[0]
    found = []
    for material, node in ((market.lead, gate), (market.lead, inside), (market.materials.index("Dy"), gate)):
        price = model.recorder.price[:, material, node] / 1000
        quarters = [price[years == quarter].mean() for quarter in np.arange(2010, 2014, 0.25)]
        found.append(max(quarters) / price[(years >= 2009) & (years < 2010)].mean())
    return found[0], found[1], found[2]


def factor(arm: list[float], whole: list[float]) -> str:
    """Paired geometric mean ratio with its 95 % t-interval."""
    logs = np.log(np.array(arm) / np.array(whole))
    half = T95.get(len(logs), 2.3) * logs.std(ddof=1) / np.sqrt(len(logs))
    low, mean, high = np.exp([logs.mean() - half, logs.mean(), logs.mean() + half])
    return f"x{mean:.2f} [{low:.2f}, {high:.2f}]"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=10, help="common seeds of all arms")
    seeds = range(parser.parse_args().seeds)
    whole: list[tuple[float, float, float]] = []
    print("| arm | NdPr FOB | NdPr China | Dy FOB | FOB factor | China factor |")
    print("|---|---|---|---|---|---|")
    for name, changes in ARMS.items():
        runs = [peaks(changes, seed) for seed in seeds]
        whole = whole or runs
        columns = [[run[place] for run in runs] for place in range(3)]
        base = [[run[place] for run in whole] for place in range(3)]
        said = " | ".join(f"{median(column):.2f}" for column in columns)
        factors = "- | -" if not changes else f"{factor(columns[0], base[0])} | {factor(columns[1], base[1])}"
        print(f"| {name} | {said} | {factors} |", flush=True)


if __name__ == "__main__":
    main()
