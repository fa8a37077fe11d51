"""The experiments of an array job: of a plan of `stages.tools.sweep`, or a line each of a file."""

import re
import shlex
from dataclasses import dataclass
from pathlib import Path

from stages.common.errors import DataError, UserError, missing, one_line
from stages.tools.sweep.plans import PLANS
from stages.tools.sweep.runs import runs_of
from stages.tools.sweep.settings import check_settings

# Git's names of references are names of files.
_LONGEST = 200


@dataclass(frozen=True)
class Job:
    """An experiment: what `dvc exp run` is given with -n and -S."""

    name: str
    settings: list[str]


def jobs_of(what: str, seeds: list[int]) -> list[Job]:
    """The jobs that the user names, each with settings that params.yaml takes."""
    if what in PLANS:
        jobs = [Job(run.name, run.overrides) for run in runs_of(PLANS[what], seeds)]
    else:
        jobs = _in_file(Path(what))
    for job in jobs:
        check_settings(job.settings)
    return jobs


def _in_file(path: Path) -> list[Job]:
    if not path.is_file():
        raise UserError(f"{path} {missing(path)}; name a file of runs, or a plan: {', '.join(PLANS)}")
    jobs: dict[str, Job] = {}
    try:
        for number, line in enumerate(path.read_text().splitlines(), 1):
            if settings := shlex.split(line, comments=True):
                job = Job(_name(settings), settings)
                if job.name in jobs:
                    raise DataError(f"{path}, line {number}: {job.name} is there twice; remove one")
                jobs[job.name] = job
    except (UnicodeDecodeError, ValueError) as error:
        raise DataError(f"{path} can't be read as lines of settings ({one_line(error)})") from None
    if not jobs:
        raise DataError(f"{path} has no line with settings, such as: noise.level=large training_seed=1")
    return list(jobs.values())


def _name(settings: list[str]) -> str:
    """Says all that the line says, as a git reference may."""
    text = "--".join(setting.rpartition("=")[0].rpartition(".")[2] + "-" + setting.rpartition("=")[2]
                     for setting in settings)  # fmt: skip
    return re.sub(r"[^A-Za-z0-9-]+", "-", text).strip("-")[:_LONGEST]
