"""Experiments on Slurm: `svground slurm WHAT -- --time=04:00:00` submits an array of jobs, one each.

WHAT is a plan of `svground sweep`, whose own command then finds the runs done and writes the page; or
a file with a run's settings in each line, as `dvc exp run -S` takes them: noise.level=large training_seed=1
"""

import argparse
import shlex
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from uuid import uuid4

from dvc.repo import Repo

from stages.common.artifacts import written_whole
from stages.common.errors import UserError, stage_entry
from stages.tools.report.repository import check_committed, check_repository, git
from stages.tools.slurm.jobs import Job, jobs_of
from stages.tools.sweep.runs import seed_list

_SCRIPT = Path(__file__).with_name("job.sh")


@stage_entry
def main() -> None:
    """Submit what this commit has not run yet, or say what would be submitted."""
    parser = argparse.ArgumentParser(
        prog="svground slurm",
        description=__doc__,
        formatter_class=argparse.RawTextHelpFormatter,
        usage="%(prog)s WHAT [--seeds SEEDS] [--jobs N] [--dry-run] [-- OPTIONS OF SBATCH]",
    )
    parser.add_argument("what", metavar="WHAT", help="a plan, or a file of runs")
    parser.add_argument("--seeds", default="0,1,2", type=seed_list, help="of a plan (default: 0,1,2)")
    parser.add_argument("--jobs", type=_count, help="so many at a time (default: as Slurm has room)")
    parser.add_argument("--dry-run", action="store_true", help="submit nothing: print every job's settings")
    # argparse finds no -- behind its own options.
    words = [*sys.argv[1:], "--"]
    own, of_sbatch = words[: words.index("--")], words[words.index("--") + 1 : -1]
    options = parser.parse_args(own)
    check_repository()
    jobs, commit = jobs_of(options.what, options.seeds), str(git("rev-parse", "HEAD"))
    done = _done_on(commit)
    left = [job for job in jobs if job.name not in done]
    print(f"{len(jobs)} runs, {len(jobs) - len(left)} of them done on {commit[:8]}")
    if not left:
        return
    # Of its own name: jobs of an earlier call may still wait for theirs.
    runs = Path(".dvc/tmp/slurm").absolute() / commit[:8] / f"{uuid4().hex[:8]}.tsv"
    command = _sbatch(of_sbatch, _array(len(left), options.jobs), commit, runs)
    if options.dry_run:
        for number, job in enumerate(left):
            print(f"{number:3} {job.name}: {shlex.join(job.settings)}")
        print(shlex.join(command))
        return
    check_committed()
    if shutil.which("sbatch") is None:
        raise UserError("there is no sbatch in PATH; run this where Slurm is, or look at it with --dry-run")
    _submit(command, left, runs)


def _done_on(commit: str) -> set[str]:
    # A run that failed leaves no reference.
    folder = f"refs/exps/{commit[:2]}/{commit[2:]}"
    listed = git("for-each-ref", "--format=%(refname:lstrip=4)", folder)
    return set((listed or "").splitlines())


def _array(tasks: int, at_a_time: int | None) -> str:
    return f"0-{tasks - 1}" + (f"%{at_a_time}" if at_a_time else "")


def _sbatch(options: Sequence[str], array: str, commit: str, runs: Path) -> list[str]:
    with Repo() as repo:
        checkout, cache = repo.root_dir, repo.cache.local_cache_dir
    return [
        "sbatch", f"--array={array}", "--job-name=svg", "--requeue",
        f"--output={runs.parent}/%A_%a.log", *options,
        # Slurm takes a copy of the script, which so can't look beside itself.
        str(_SCRIPT), checkout, commit, cache, str(Path(sys.executable).parent), str(runs),
    ]  # fmt: skip


def _submit(command: list[str], jobs: Sequence[Job], runs: Path) -> None:
    with written_whole(runs) as temporary:
        temporary.write_text("".join("\t".join([job.name, *job.settings]) + "\n" for job in jobs))
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    if run.returncode:
        raise UserError(f"sbatch ended with {run.returncode}: {' '.join((run.stderr + run.stdout).split())}")
    print(run.stdout.strip())
    print(f"logs: {runs.parent}/<job>_<task>.log; results: `dvc exp show`, `svground report`")


def _count(text: str) -> int:
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of jobs; give 1 or more")
    return int(text)


if __name__ == "__main__":
    main()
