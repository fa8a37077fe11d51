"""A table of the paper, run: `svground sweep table3 --seeds 0,1,2` queues, runs and reports."""

import argparse
import shlex
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import joblib

from stages.common.artifacts import written_whole
from stages.common.errors import UserError, stage_entry
from stages.tools.report.repository import check_committed, check_repository
from stages.tools.sweep.estimate import duration, estimate
from stages.tools.sweep.figures import write_figure
from stages.tools.sweep.history import Call, Stopwatch, calls, known_seconds, remember_seconds
from stages.tools.sweep.kept import read_results
from stages.tools.sweep.page import page
from stages.tools.sweep.plans import PLANS
from stages.tools.sweep.queue import enqueue, work_off
from stages.tools.sweep.results import Results, commit_of
from stages.tools.sweep.runs import Run, runs_of, seed_list, setting, world_of
from stages.tools.sweep.settings import check_settings


@stage_entry
def main() -> None:
    """Run what is missing of a plan, then print its page and write it to reports/."""
    parser = argparse.ArgumentParser(
        prog="svground sweep", description=__doc__, formatter_class=argparse.RawTextHelpFormatter,
        epilog="\n".join(f"{name:8} {plan.title}, {len(plan.rows)} rows" for name, plan in PLANS.items()),
    )  # fmt: skip
    parser.add_argument("plan", choices=PLANS)
    parser.add_argument("--seeds", default="0,1,2", type=seed_list, help="training seeds (default: 0,1,2)")
    parser.add_argument(
        "--jobs", default=joblib.cpu_count(), type=_jobs, help="runs at a time (default: cores)"
    )
    parser.add_argument(
        "-S", dest="settings", metavar="KEY=VALUE", action="append", default=[], type=setting,
        help="a setting of all runs, such as corpus.root=/data/clips",
    )  # fmt: skip
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--row", action="append", help="run this row alone, and other --row (default: all)")
    which.add_argument(
        "--at", metavar="COMMIT", action="append",
        help="run nothing: report what was run on a commit, and for what it lacks on another --at",
    )  # fmt: skip
    options = parser.parse_args()
    plan = PLANS[options.plan]
    runs, world = runs_of(plan, options.seeds, options.settings), world_of(plan, options.settings)
    check_repository()
    only_report = options.at is not None
    commits = [commit_of(name) for name in options.at or ["HEAD"]]
    results = read_results(runs, commits, world)
    print(f"{plan.title}: {len(runs)} runs, {len(results)} of them done on {' and '.join(commits)}")
    wanted = [] if only_report else _chosen(runs, options.row)
    if only_report and not results:
        raise UserError(
            f"nothing of {options.plan} was run on {' and '.join(commits)}; "
            "`dvc exp show -A` lists what was where"
        )
    left = [run for run in wanted if run.name not in results]
    if not only_report:
        print(estimate(left, known_seconds(), options.jobs), flush=True)
    if left:
        check_committed()
        if left[0].shared:
            check_settings([*left[0].shared, *(f"{key}={value}" for key, value in left[0].row.changes)])
        _run(wanted, set(results), options.jobs, Call(options.plan, commits[0]))
        results = read_results(runs, commits, world)
    out = Path(f"reports/{options.plan}.md")
    drawn = write_figure(options.plan, runs, results, out.with_suffix(".svg"))
    figure = out.with_suffix(".svg").name if drawn else None
    text = page(plan, runs, results, _facts(options.plan, commits, results), figure)
    with written_whole(out) as temporary:
        temporary.write_text(text)
    print(f"\n{text}")
    if missing := [run.name for run in wanted if run.name not in results]:
        raise UserError(
            f"{len(missing)} of {len(wanted)} runs did not end well, e.g. {missing[0]}: `dvc queue logs "
            f"{missing[0]}` says why; the same command runs them again; {out} has the others"
        )


def without_folders(word: str) -> str:
    """A setting as pages show it: where its folder lies is this machine's business."""
    key, sign, value = word.partition("=")
    return f"{key}=/data/{Path(value).name}" if sign and Path(value).is_absolute() else word


def _chosen(runs: list[Run], rows: list[str] | None) -> list[Run]:
    known = list(dict.fromkeys(run.row.label for run in runs))
    for row in rows or ():
        if row not in known:
            raise UserError(f"--row {row!r}: this table has the rows {'; '.join(known)}")
    return [run for run in runs if rows is None or run.row.label in rows]


def _run(wanted: Sequence[Run], done: set[str], jobs: int, call: Call) -> None:
    started, watch = time.monotonic(), Stopwatch()
    by_name = {run.name: run for run in wanted}

    def at_look(states: Mapping[str, str]) -> None:
        now = time.monotonic()
        for name, seconds in watch.look(states, now).items():
            remember_seconds(by_name[name], seconds)
        call.took(now - started)

    enqueue(wanted, done)
    work_off(wanted, jobs, at_look)


def _facts(plan: str, commits: Sequence[str], results: Results) -> list[str]:
    """Where the numbers of a page come from, and what they took, as far as that is known here."""
    where = f"the runs on commit {', else '.join(commits)}"
    facts = [f"`{shlex.join(['svground', 'sweep', *map(without_folders, sys.argv[1:])])}`, {where}"]
    if precisions := sorted({result.trained_in for result in results.values() if result.trained_in}):
        facts.append(f"trained in {' and '.join(precisions)}")
    if times := sorted(result.ended for result in results.values() if result.ended):
        facts.append(f"the first run ended {times[0]}, the last {times[-1]}")
    if took := [seconds for commit in commits for seconds in calls(plan, commit)]:
        several = f" in {len(took)} calls" if len(took) > 1 else ""
        facts.append(f"{duration(sum(took))} of wall time{several}, without runs that were there before")
    return facts


def _jobs(text: str) -> int:
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of runs; give 1 or more")
    return int(text)


if __name__ == "__main__":
    main()
