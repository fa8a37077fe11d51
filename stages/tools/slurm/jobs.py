"""The experiments of an array job: of a plan of `stages.tools.sweep`, or a line each of a file."""

import re
import shlex
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from dvc.exceptions import DvcException
from dvc.utils.hydra import apply_overrides

from stages.common.errors import DataError, ParamsError, UserError, missing, one_line
from stages.common.params import load_params
from stages.tools.sweep.plans import PLANS
from stages.tools.sweep.runs import runs_of

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
        _check(job)
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


def _check(job: Job) -> None:
    """What would end the job in the night ends the command now."""
    with tempfile.TemporaryDirectory() as folder:
        tried = Path(folder) / "params.yaml"
        shutil.copy("params.yaml", tried)
        try:
            apply_overrides(str(tried), job.settings)
            load_params(tried)
        except (DvcException, ParamsError) as error:
            # DVC's own words are few: what it calls has more.
            words = one_line(error.__cause__ if isinstance(error.__cause__, Exception) else error).replace(
                f"{tried}: ", ""
            )
            raise ParamsError(f"{' '.join(job.settings)}: {words}") from None
