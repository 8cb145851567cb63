"""A job array for Slurm: one shard a task, all into one folder."""

from collections.abc import Sequence

SHARDS = 16
SCRIPT = """\
#!/bin/bash
# {runs:,} runs of {name} in {shards} tasks, about {hours:.1f} h each with one worker.
# Submit it from the folder in which this command was given: sbatch job.sh
# Any task may be stopped or sent again; `{status}` tells how far they are.
#SBATCH --job-name={name}
#SBATCH --array=1-{shards}
#SBATCH --cpus-per-task={workers}
#SBATCH --mem-per-cpu=1G
#SBATCH --time={limit}
#SBATCH --output={name}-%a.log

{command} --shard "$SLURM_ARRAY_TASK_ID/{shards}"
"""


def slurm_script(
    name: str, command: Sequence[str], status: str, runs: int, seconds: float, shards: int, workers: int
) -> str:
    """Script of a job array.

    Parameters
    ----------
    name : of the sweep.
    command : words of the command that runs it, without a shard.
    status : command that tells how far it is.
    runs : number of runs.
    seconds : time of all of them, one after the other.
    shards : tasks of the array.
    workers : processes of a task.
    """
    import shlex

    hours = seconds / 3600 / shards
    limit = max(1, round(2 * hours / workers + 0.5))  # twice what is expected, and some
    plain = "".join(sign if sign.isalnum() or sign in "-_." else "-" for sign in name)
    return SCRIPT.format(
        name=plain, command=shlex.join(command), status=status, runs=runs, shards=shards, workers=workers,
        hours=hours, limit=f"{limit}:00:00",
    )  # fmt: skip
