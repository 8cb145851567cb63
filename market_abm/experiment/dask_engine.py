"""The Dask engine: runs made by a Dask cluster, one that is running or one of this machine's processes.

Dask is imported when the engine is first used; it is in the extra `sweep`.
"""

import logging
import threading
import time
import warnings
from collections.abc import Iterator
from typing import Any, Self

from market_abm.experiment.engine import Results, attempt
from market_abm.experiment.failure import Failure
from market_abm.experiment.summary import Summary
from market_abm.experiment.task import Task
from market_abm.record.worker import ctrl_c_held_back, one_thread_each
from market_abm.record.workers import KilledError, WorkerError

RUNS_A_THREAD = 3  # in flight: one that is made and some that wait, so that no worker waits for us
NAP_SECONDS = 0.01  # between two looks at what is finished
LOOK_SECONDS = 2.0  # between two looks at how many workers there are
CONNECT_SECONDS = 15
PATIENCE_SECONDS = 300.0  # for a cluster that has no workers


class DaskEngine:
    """Makes runs on a Dask cluster; kept open from one use to the next, until `close`.

    Results come back to the driver, which writes the store: workers need no shared
    folder, but the same version of this package. A worker makes one run at a time, so
    start workers with one thread each (`dask worker ADDRESS --nworkers 8 --nthreads
    1`). A run whose worker dies is made again by another, as often as the cluster's
    setting `distributed.scheduler.allowed-failures` says. Limits of memory are Dask's own.

    Parameters
    ----------
    scheduler : address of a running cluster, such as "tcp://10.0.0.5:8786". When silent, a cluster of processes
        on this machine; a script then needs `if __name__ == "__main__":`.
    workers : processes of the cluster on this machine; as many as it has cores when silent.
    """

    def __init__(self, scheduler: str | None = None, workers: int | None = None) -> None:
        self.scheduler, self.workers = scheduler, workers
        self._kept: Any = None  # a distributed.Client

    def results(self, tasks: Iterator[Task]) -> Results:
        """Yield each task with what came of it.

        Raises
        ------
        WorkerError
            When Dask is not installed, or no cluster answers.
        """
        client, distributed = self._client(), load_distributed()
        fleet = _Fleet(client, self.scheduler)
        finished = distributed.as_completed(loop=client.loop, with_results=True, raise_errors=False)
        flying: dict[str, Task] = {}
        try:
            while True:
                while len(flying) < fleet.room() and (task := next(tasks, None)) is not None:
                    future = client.submit(_attempt, task, pure=False)
                    flying[future.key] = task
                    finished.add(future)
                if not flying:
                    return
                for future, result in finished.next_batch(block=False):
                    yield flying.pop(future.key), self._told(result)
                if not finished.has_ready():
                    time.sleep(NAP_SECONDS)
        finally:
            finished.clear()  # a cluster drops what nobody holds

    def _told(self, result: Any) -> Summary | Failure:
        """What came of a run; an exception comes alone or with its type and traceback."""
        from distributed import KilledWorker

        if isinstance(result, Summary | Failure):
            return result
        fault = result[1] if isinstance(result, tuple) else result
        if isinstance(fault, KilledWorker):
            return Failure(f"{KilledError.__name__}: every Dask worker that it was given died (out of memory?)")
        # A run's own faults are told, so that this is the cluster's.
        raise WorkerError(
            f"{self._where()} cannot make runs ({Failure.of(fault)}). Finished runs are kept; see that its "
            "workers have this version of market-abm, then try again."
        ) from fault

    def close(self) -> None:
        """Leave the cluster; one that was made for this engine ends."""
        if self._kept is not None:
            cluster = self._kept.cluster
            self._kept.close()
            if cluster is not None:
                cluster.close()
            self._kept = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *fault: object) -> None:
        self.close()

    # -- the cluster -----------------------------------------------------------------------------
    def _where(self) -> str:
        return "the Dask cluster of this machine" if self.scheduler is None else f"the Dask cluster at {self.scheduler}"

    def _client(self) -> Any:
        if self._kept is not None and self._kept.status == "running":
            return self._kept
        distributed = load_distributed()
        with warnings.catch_warnings(), one_thread_each(), ctrl_c_held_back():
            warnings.simplefilter("ignore")
            try:
                cluster = self._cluster(distributed) if self.scheduler is None else None
            except RuntimeError as fault:
                raise WorkerError(
                    f"the processes of a Dask cluster cannot be started ({Failure.of(fault)}). A script that asks "
                    'for them needs `if __name__ == "__main__":` around what it does.'
                ) from fault
            try:
                address = cluster or self.scheduler
                self._kept = distributed.Client(address, timeout=CONNECT_SECONDS, set_as_default=False)
            except (OSError, ValueError) as fault:
                why = " ".join(str(fault).split())
                raise WorkerError(f"no Dask scheduler answers at {self.scheduler} ({why}).") from fault
        return self._kept

    def _cluster(self, distributed: Any) -> Any:
        return distributed.LocalCluster(
            n_workers=self.workers,
            threads_per_worker=1,
            processes=True,
            dashboard_address=None,
            silence_logs=logging.CRITICAL,
        )


class _Fleet:
    """How many runs a cluster may be given at once; looked at now and then, as workers come and go."""

    def __init__(self, client: Any, scheduler: str | None) -> None:
        self._client, self._scheduler = client, scheduler
        self._looked = self._manned = time.monotonic()
        self._threads = 0

    def room(self) -> int:
        """Runs that may be in flight; waits for the first worker.

        Raises
        ------
        WorkerError
            When there has been no worker for a long time, or the scheduler is gone.
        """
        while not self._threads or time.monotonic() > self._looked + LOOK_SECONDS:
            self._look()
            if self._threads:
                break
            if time.monotonic() > self._manned + PATIENCE_SECONDS:
                raise WorkerError(
                    f"the Dask cluster has no workers. Finished runs are kept; start some (dask worker "
                    f"{self._scheduler or 'ADDRESS'} --nthreads 1), then try again."
                )
            time.sleep(0.1)
        return RUNS_A_THREAD * self._threads

    def _look(self) -> None:
        try:
            self._threads = sum(self._client.nthreads().values())
        except Exception as fault:  # distributed has many for a lost connection
            raise WorkerError(
                f"the Dask scheduler does not answer any more ({Failure.of(fault)}). Finished runs are kept."
            ) from fault
        self._looked = time.monotonic()
        if self._threads:
            self._manned = self._looked


def load_distributed() -> Any:
    """Import Dask's scheduler and workers, silenced.

    Raises
    ------
    WorkerError
        When it is not installed; the message says how to install it.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import distributed
    except ImportError as fault:
        raise WorkerError('The engine "dask" needs the extra "sweep": pip install "market-abm[sweep]".') from fault
    for name in ("distributed", "distributed.client", "tornado.application"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    return distributed


# -- in a Dask worker ----------------------------------------------------------------------------
_one_at_a_time = threading.Lock()  # a Dask worker may have several threads, and a model has the process to itself


def _attempt(task: Task) -> Summary | Failure:
    with _one_at_a_time:
        return attempt(task)
