"""The report room: `svground report` puts the experiments of this commit into one table."""

import argparse
import sys
from pathlib import Path

from stages.common.artifacts import written_whole
from stages.common.errors import UserError, stage_entry
from stages.scoring.headline import HEADLINE
from stages.tools.report.experiments import Found, read_experiments
from stages.tools.report.formats import FORMATS
from stages.tools.report.repository import experiment_rows
from stages.tools.report.summary import summarise


@stage_entry
def main() -> None:
    """Print means over seeds of one metric: a row per setting that was varied, a column per method."""
    parser = argparse.ArgumentParser(
        prog="svground report", description=__doc__, epilog=f"metrics: {', '.join(HEADLINE)}"
    )
    parser.add_argument(
        "--metric", default="mIoU", choices=HEADLINE, metavar="KEY", help="what to show (default: mIoU)"
    )
    parser.add_argument("--format", default="markdown", choices=FORMATS, help="(default: markdown)")
    parser.add_argument("--out", type=Path, metavar="FILE", help="write the table there, and print nothing")
    parser.add_argument(
        "--commits", type=int, default=1, metavar="N", help="look at the experiments of the last N commits"
    )
    options = parser.parse_args()
    if options.commits < 1:
        parser.error(f"argument --commits: {options.commits} is no number of commits; give 1 or more")
    found = read_experiments(experiment_rows(num=options.commits), options.metric)
    _say_what_is_left_out(found, options.metric)
    if not found.experiments:
        raise UserError(
            "there are no results in the workspace, on this commit or in its experiments; run `dvc repro`, "
            "or `dvc exp run --queue -S training_seed=0,1,2` and `dvc exp run --run-all`, or look at "
            "earlier commits by --commits"
        )
    table = FORMATS[options.format](summarise(found.experiments, options.metric), options.metric)
    if options.out is None:
        print(table)
    else:
        _write(options.out, table)


def _say_what_is_left_out(found: Found, metric: str) -> None:
    # Not among the table, which may go to a file or another program.
    if found.failed:
        print(
            f"left out, as they failed: {', '.join(found.failed)}; `dvc queue logs NAME` says why",
            file=sys.stderr,
        )
    if found.lacking:
        listed = ", ".join(f"{file} of {name}" for file, name in found.lacking)
        print(
            f"left out, without {metric}: {listed}; an older version wrote them, or `evaluate` never ran: "
            "run those experiments again, after `dvc exp remove NAME`, or `dvc repro` for a commit",
            file=sys.stderr,
        )


def _write(out: Path, table: str) -> None:
    try:
        with written_whole(out) as temporary:
            temporary.write_text(table + "\n")
    except OSError as error:
        raise UserError(f"--out {out} can't be written ({error.strerror}); name another file") from None


if __name__ == "__main__":
    main()
