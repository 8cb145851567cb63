"""A world: one simulated market that a person plays, governs, rewinds and branches.

What the player decrees becomes a dated policy of the scenario, so the governed
scenario, run from its start under the same seed, gives the same weeks.
"""

import datetime as dt
from typing import TYPE_CHECKING

import numpy as np
from pydantic import ValidationError

from market_abm.app import overview
from market_abm.app.decree import Decree, Standing, government_of, in_words, over, standing, title
from market_abm.app.law import dated, faults_of
from market_abm.app.overview import Event, Flow, Payment, ProjectLife
from market_abm.app.series import SeriesBook, SeriesInfo, public_spending
from market_abm.app.timeline import Timeline, revived
from market_abm.app.watch import Watch
from market_abm.core.units import FloatArray, IntArray
from market_abm.model import MineralMarket
from market_abm.policy import AnyPolicy
from market_abm.scenario.errors import suggest
from market_abm.scenario.schema import Scenario

if TYPE_CHECKING:
    import pandas as pd


class WorldError(ValueError):
    """What was asked of a world cannot be done; the message says why in plain words."""


class World:
    """One simulated market that a person plays and governs.

    Parameters
    ----------
    scenario : what is simulated.
    seed : seed of its luck.
    name : by which people tell worlds apart.

    Attributes
    ----------
    model : the market.
    origin : the world and week it left, in words; empty for one that began at the start.
    timeline, watched : snapshots of its past, and samples of agents that somebody looks at.
    """

    def __init__(self, scenario: Scenario, seed: int = 0, name: str = "A") -> None:
        self.name, self.seed, self.origin = name, seed, ""
        self.model = MineralMarket(scenario, rng=seed)
        self.timeline = Timeline()
        self._decrees: list[Decree] = []
        self._laws: list[tuple[int, list[AnyPolicy]]] = [(-1, scenario.policy)]  # since which week, which policies
        self.watched = Watch()
        self._spent: IntArray = np.zeros((self.model.weeks, len(self.model.market.zones)), dtype=np.int64)
        self._book = SeriesBook(self.model, self._spent)

    # -- the calendar ------------------------------------------------------------------------
    @property
    def scenario(self) -> Scenario:
        """The scenario as governed so far."""
        return self.model.scenario

    @property
    def week(self) -> int:
        """Weeks played."""
        return self.model.week_index

    @property
    def weeks(self) -> int:
        """Weeks in all."""
        return self.model.weeks

    @property
    def burn_in(self) -> int:
        """Weeks before the record begins: series and tables leave them out."""
        return self.model.world.first_recorded

    @property
    def today(self) -> dt.date:
        """Monday of the coming week, from which a decree holds."""
        return self.model.today

    @property
    def finished(self) -> bool:
        """Whether all weeks are played."""
        return not self.model.running

    def date_of(self, week: int) -> dt.date:
        """Monday of a week."""
        return self.model.date_of(week)

    def week_of(self, day: dt.date) -> int:
        """Week that holds a day, within the run."""
        return min(max((day - self.scenario.time.start).days // 7, 0), self.weeks)

    # -- playing -----------------------------------------------------------------------------
    def step(self, weeks: int = 1) -> None:
        """Play some weeks, or as many as are left.

        Raises
        ------
        WorldError
            When a week breaks down, say under absurd numbers; the world stands as before that week.
        """
        for _ in range(min(weeks, self.weeks - self.week)):
            self.timeline.keep(self.model)
            try:
                self.model.step()
            except Exception as fault:  # whatever it is, the player keeps the world
                self._mend()
                what = f"The market broke down in the week of {self.today} ({type(fault).__name__}: {fault})."
                raise WorldError(f"{what} The world stands as before that week; lift the last decree.") from fault
            self._spent[self.week - 1] = public_spending(self.model)
            self.watched.sample(self.model)

    def _mend(self) -> None:
        """Put the world back to the start of the week that broke."""
        broken, policies = self.model, self.scenario.policy
        self._adopt(self._lived_again(broken.week_index, self._laws))
        self.model.change_policies(policies)
        broken.close()

    def _adopt(self, model: MineralMarket) -> None:
        self.model = model
        self._book = SeriesBook(model, self._spent)

    # -- governing ---------------------------------------------------------------------------
    @property
    def policies(self) -> list[Standing]:
        """All policies, in force, planned and over, in order of declaration."""
        given = {policy.label for policy in self._laws[0][1]}
        return [standing(one, self.scenario, self.today, one.label not in given) for one in self.scenario.policy]

    @property
    def decrees(self) -> list[Decree]:
        """What the player has decreed and lifted, the oldest first."""
        return list(self._decrees)

    def decree(self, policy: AnyPolicy) -> str:
        """Put a policy in force from next week, or from its own start when that is later; return its label.

        Raises
        ------
        WorldError
            When the policy does not fit the scenario.
        """
        self._must_go_on()
        taken = {one.label for one in self.scenario.policy} | {decree.label for decree in self._decrees}
        try:
            policy = dated(policy, self.today, taken)
        except ValidationError as fault:
            raise WorldError(
                "; ".join(error["msg"].removeprefix("Value error, ") for error in fault.errors())
            ) from None
        scenario = self.scenario.model_copy(update={"policy": [*self.scenario.policy, policy]})
        if faults := faults_of(policy, scenario):
            raise WorldError(" ".join(faults))
        try:
            self._change(scenario.policy)
        except ValueError as fault:
            raise WorldError(f"{title(policy)}: {fault}.") from None
        self._note(policy, policy.start, in_words(policy, self.scenario), lifts=False)
        return policy.label

    def lift(self, label: str) -> dt.date:
        """End a policy from next week; return the first day without it.

        Raises
        ------
        WorldError
            When no such policy is in force or planned.
        """
        self._must_go_on()
        found = next((policy for policy in self.scenario.policy if policy.label == label), None)
        if found is None:
            raise WorldError(f'There is no policy "{label}". {suggest(label, [p.label for p in self.scenario.policy])}')
        if over(found, self.today):
            raise WorldError(f'"{label}" is over already.')
        if found.start >= self.today:  # it never held, so nothing of it is left
            self._change([one for one in self.scenario.policy if one is not found])
        else:
            lifted = found.model_copy(update={"lifted": self.today})
            self._change([lifted if one is found else one for one in self.scenario.policy])
        self._note(found, self.today, in_words(found, self.scenario), lifts=True)
        return self.today

    def _must_go_on(self) -> None:
        if self.finished:
            raise WorldError("The run is over; branch from an earlier week to govern it otherwise.")

    def _change(self, policies: list[AnyPolicy]) -> None:
        self.model.change_policies(policies)
        if self._laws[-1][0] == self.week:
            self._laws.pop()
        self._laws.append((self.week, self.scenario.policy))

    def _note(self, policy: AnyPolicy, day: dt.date, words: str, lifts: bool) -> None:
        government = government_of(policy, self.scenario)
        self._decrees.append(Decree(self.week, day, government, policy.label, words, lifts))

    # -- going back --------------------------------------------------------------------------
    def branch(self, week: int, name: str) -> "World":
        """World that stands at the start of a past week, with the decrees made before it.

        It is lived again from the snapshot before; both share the past to the
        last gram, and the same luck afterwards.

        Raises
        ------
        WorldError
            When the week is not in the past.
        """
        if not 0 <= week <= self.week:
            raise WorldError(f"{self.name} has been played to week {self.week}; branch from a week up to that.")
        laws = [law for law in self._laws if law[0] < week]
        child = World.__new__(World)
        child.name, child.seed = name, self.seed
        child.origin = f"{self.name}, {self.date_of(week)}"
        child.timeline = self.timeline.until(week)
        child._decrees = [decree for decree in self._decrees if decree.week < week]
        child._laws, child.watched = laws, self.watched.until(week)
        child._spent = self._spent.copy()
        child._adopt(self._lived_again(week, laws))
        return child

    def _lived_again(self, week: int, laws: list[tuple[int, list[AnyPolicy]]]) -> MineralMarket:
        """Model at the start of a past week, under the laws of the weeks before it."""
        kept = self.timeline.before(week)
        if kept is None:
            model = MineralMarket(self.scenario.model_copy(update={"policy": laws[0][1]}), rng=self.seed)
        else:
            model = revived(kept, self.model)
        while model.week_index < week:
            policies = [law for since, law in laws if since <= model.week_index][-1]
            if policies != model.scenario.policy:
                model.change_policies(policies)
            model.step()
        return model

    # -- seeing ------------------------------------------------------------------------------
    def list_series(self) -> list[SeriesInfo]:
        """Names, labels and units of all series."""
        return self._book.contents()

    def series(self, name: str) -> tuple[IntArray, FloatArray]:
        """Weeks and values of a series up to now, burn-in left out.

        Raises
        ------
        KeyError
            When there is no such series.
        """
        return self._book.values(name)

    def flows(self, week: int | None = None, weeks: int = 52) -> list[Flow]:
        """What moved between zones in the weeks before `week` (now when silent), and which ways are closed."""
        return overview.flows(self.model, self.week if week is None else week, weeks)

    def events(self, last: int = 20) -> list[Event]:
        """Last lines of the log, the newest first."""
        return overview.events(self.model, last)

    def projects(self) -> list[ProjectLife]:
        """Lives of the projects up to now."""
        return overview.projects(self.model)

    def money(self) -> list[Payment]:
        """Public money paid to private hands, by government and year."""
        return overview.payments(self.model)

    def watch(self, kind: str, row: int) -> None:
        """Sample an agent every week from now on, for the inspector."""
        self.watched.add(self.model, kind, row)

    # -- taking away -------------------------------------------------------------------------
    def tables(self) -> "dict[str, pd.DataFrame]":
        """Tidy tables of the recorded weeks up to now."""
        return self.model.tables()

    def close(self) -> None:
        """Let the model be forgotten."""
        self.model.close()
