"""A table of the paper, run: `python -m stages.sweep table3 --seeds 0,1,2` queues, runs and reports."""

import argparse
import re
import shlex
import subprocess
import sys
import time
from pathlib import Path

import dvc.api
import dvc.exceptions
import joblib

from stages.common.artifacts import written_whole
from stages.common.errors import UserError, stage_entry
from stages.report.experiments import is_finished, results_of
from stages.sweep.page import page
from stages.sweep.plans import PLANS
from stages.sweep.queue import enqueue, work_off
from stages.sweep.runs import Run, runs_of


@stage_entry
def main() -> None:
    """Run what is missing of a plan, then print its page and write it to reports/."""
    parser = argparse.ArgumentParser(
        prog="python -m stages.sweep", description=__doc__, formatter_class=argparse.RawTextHelpFormatter,
        epilog="\n".join(f"{name:8} {plan.title}, {len(plan.rows)} rows" for name, plan in PLANS.items()),
    )  # fmt: skip
    parser.add_argument("plan", choices=PLANS)
    parser.add_argument("--seeds", default="0,1,2", type=_seeds, help="training seeds (default: 0,1,2)")
    parser.add_argument(
        "--jobs", default=joblib.cpu_count(), type=_jobs, help="runs at a time (default: cores)"
    )
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--row", action="append", help="run this row alone, and other --row (default: all)")
    which.add_argument("--at", metavar="COMMIT", help="run nothing: report what was run on a commit")
    options = parser.parse_args()
    plan, runs = PLANS[options.plan], runs_of(PLANS[options.plan], options.seeds)
    started = time.monotonic()
    only_report = options.at is not None
    commit = _commit(options.at if only_report else "HEAD")
    results = _results(runs, commit)
    print(f"{plan.title}: {len(runs)} runs, {len(results)} of them done on {commit}")
    wanted = [] if only_report else _chosen(runs, options.row)
    if only_report and not results:
        raise UserError(
            f"nothing of {options.plan} was run on {commit}; `dvc exp show -A` lists what was where"
        )
    if any(run.name not in results for run in wanted):
        _check_committed()
        enqueue(wanted, set(results))
        work_off(wanted, options.jobs)
        results = _results(runs, commit)
    facts = [f"`{shlex.join(['python', '-m', 'stages.sweep', *sys.argv[1:]])}`, the runs on commit {commit}"]
    if wanted:
        facts.append(f"{(time.monotonic() - started) / 60:.0f} minutes for what was not there yet")
    text = page(plan, runs, results, facts)
    print(f"\n{text}")
    out = Path(f"reports/{options.plan}.md")
    with written_whole(out) as temporary:
        temporary.write_text(text)
    if missing := [run.name for run in wanted if run.name not in results]:
        raise UserError(
            f"{len(missing)} of {len(wanted)} runs did not end well, e.g. {missing[0]}: `dvc queue logs "
            f"{missing[0]}` says why; the same command runs them again; {out} has the others"
        )


def _chosen(runs: list[Run], rows: list[str] | None) -> list[Run]:
    known = list(dict.fromkeys(run.row.label for run in runs))
    for row in rows or ():
        if row not in known:
            raise UserError(f"--row {row!r}: this table has the rows {'; '.join(known)}")
    return [run for run in runs if rows is None or run.row.label in rows]


def _results(runs: list[Run], commit: str) -> dict[str, dict[str, float]]:
    """The metrics of the runs that ended well on a commit, by name."""
    try:
        rows = dvc.api.exp_show(revs=[commit])
    except dvc.exceptions.DvcException as error:
        raise UserError(f"DVC can't list the experiments ({error}); run this where dvc.yaml is") from None
    by_name = {
        row["Experiment"]: results_of(row) for row in rows if row.get("Experiment") and is_finished(row)
    }
    return {
        run.name: by_name[run.name][run.row.method]
        for run in runs
        if run.row.method in by_name.get(run.name, {})
    }


def _commit(name: str) -> str:
    found = _git("rev-parse", "--short", "--verify", "--quiet", f"{name}^{{commit}}")
    if found is None:
        raise UserError(f"git knows no commit {name!r} here; name one, e.g. HEAD or a line of `git log`")
    return found


def _check_committed() -> None:
    """Refuse changes that the runs would have, and the commit that they are counted for has not."""
    changed = _git("status", "--porcelain", "--untracked-files=no", "--", "params.yaml", "dvc.yaml", "stages")
    if changed:
        names = ", ".join(line.split(maxsplit=1)[1] for line in changed.splitlines())
        raise UserError(
            f"{names} differ from the commit that the runs would be counted for; commit them, or go back by "
            "`git checkout HEAD -- .` (`dvc exp run` leaves its params in the workspace)"
        )


def _git(*words: str) -> str | None:
    run = subprocess.run(["git", *words], capture_output=True, text=True, check=False)
    return None if run.returncode else run.stdout.strip()


def _jobs(text: str) -> int:
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of runs; give 1 or more")
    return int(text)


def _seeds(text: str) -> list[int]:
    if not re.fullmatch(r"\d+(,\d+)*", text) or len(set(text.split(","))) < text.count(",") + 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no list of different seeds, e.g. 0,1,2")
    return [int(seed) for seed in text.split(",")]


if __name__ == "__main__":
    main()
