"""What must hold between mines and the plants they own."""

from collections.abc import Iterator

from market_abm.scenario.errors import Fault
from market_abm.scenario.known import Known
from market_abm.scenario.schema import Scenario


def check_unknown_deposit_or_plant(scenario: Scenario, known: Known) -> Iterator[Fault]:
    """A mine digs a deposit and may own a plant."""
    for name, mine in scenario.mine.items():
        yield from known.unknown(("mine", name, "deposit"), "deposit", mine.deposit)
        yield from known.unknown(("mine", name, "plant"), "refinery", mine.plant)


def check_unfit_plant(scenario: Scenario, known: Known) -> Iterator[Fault]:
    """A mine's own plant must be able to treat what the mine digs, wherever the plant stands."""
    for name, mine in scenario.mine.items():
        if not (known.is_sound("deposit", mine.deposit) and mine.plant and known.is_sound("refinery", mine.plant)):
            continue
        family = scenario.deposit[mine.deposit].family
        if family not in scenario.refinery[mine.plant].families:
            what = f'"{mine.plant}" cannot treat {family} concentrate of "{mine.deposit}".'
            yield Fault(("mine", name, "plant"), what, f'Add "{family}" to refinery.{mine.plant}.families.')


def check_too_few_plants(scenario: Scenario, known: Known) -> Iterator[Fault]:
    """Mines financed as projects need a plant each: its result is theirs alone."""
    users: dict[str, list[str]] = {}
    for name, mine in scenario.mine.items():
        if mine.plant and known.is_sound("refinery", mine.plant):
            users.setdefault(mine.plant, []).append(name)
    for plant, names in users.items():
        wanted, count = sum(scenario.mine[name].count for name in names), scenario.refinery[plant].count
        if wanted > count and any(scenario.mine[name].finance == "project" for name in names):
            what = f'{wanted} mines ({", ".join(names)}) share {count} of "{plant}", and some are projects.'
            yield Fault(("refinery", plant, "count"), what, f"Set refinery.{plant}.count = {wanted}.")


def check_plant_abroad(scenario: Scenario, known: Known) -> Iterator[Fault]:
    """A mine's own plant stands beside it; concentrate for plants elsewhere is sold, and travels."""
    for name, mine in scenario.mine.items():
        if mine.plant and known.is_sound("refinery", mine.plant):
            zone = scenario.refinery[mine.plant].zone
            if zone != mine.zone and known.is_sound("zone", zone) and known.is_sound("zone", mine.zone):
                what = f'"{mine.plant}" stands in {zone}, the mine in {mine.zone}.'
                yield Fault(("mine", name, "plant"), what, "Leave `plant` out: the mine then sells to it.")


def check_offtake_without_plant(scenario: Scenario, known: Known) -> Iterator[Fault]:
    """An offtake delivers oxide, so its mine needs a plant of its own."""
    for name, contract in scenario.offtake.items():
        if known.is_sound("mine", contract.mine) and scenario.mine[contract.mine].plant is None:
            what = f'"{contract.mine}" has no plant of its own to deliver from.'
            yield Fault(("offtake", name, "mine"), what, f"Set mine.{contract.mine}.plant.")
