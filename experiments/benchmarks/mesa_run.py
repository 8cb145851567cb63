"""A whole run as one step of a Mesa model, so that `mesa.batch_run` makes the same runs as the others."""

import mesa

from market_abm.experiment.task import Task
from market_abm.scenario.loading import load_scenario


class WholeRun(mesa.Model):
    """Makes one run of `tiny` in its first step; `seconds` is the time that it took."""

    def __init__(self, seed: int) -> None:
        super().__init__(rng=seed)
        self.task, self.seconds = Task(load_scenario("tiny"), seed), 0.0
        self.datacollector = mesa.DataCollector(model_reporters={"seconds": "seconds"})

    def step(self) -> None:
        """Make the run."""
        from experiments.benchmarks.sweeps import timed

        self.seconds = timed(self.task).seconds
        self.running = False
        self.datacollector.collect(self)
