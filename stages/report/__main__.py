"""The report room: `python -m stages.report` puts the experiments of this commit into one table."""

import argparse

import dvc.api
import dvc.exceptions

from stages.common.errors import UserError, stage_entry
from stages.report.experiments import read_experiments
from stages.report.summary import markdown, summarise
from stages.scoring.metrics import KEYS


@stage_entry
def main() -> None:
    """Print means over seeds of one metric: a row per setting that was varied, a column per method."""
    parser = argparse.ArgumentParser(prog="python -m stages.report", description=__doc__)
    parser.add_argument("--metric", default="mIoU", choices=[key for key in KEYS if key != "queries"])
    parser.add_argument("--commits", type=int, default=1, help="look at so many last commits' experiments")
    options = parser.parse_args()
    if options.commits < 1:
        parser.error(f"argument --commits: {options.commits} is no number of commits; give 1 or more")
    try:
        rows = dvc.api.exp_show(num=options.commits)
    except dvc.exceptions.DvcException as error:
        raise UserError(f"DVC can't list the experiments ({error}); run this where dvc.yaml is") from None
    found = read_experiments(rows)
    if found.failed:
        print(f"left out, as they failed (see `dvc queue logs NAME`): {', '.join(found.failed)}\n")
    if not found.experiments:
        raise UserError(
            "there is no finished experiment on this commit; run some, e.g. "
            "`dvc exp run --queue -S training_seed=0,1,2` and `dvc exp run --run-all`"
        )
    print(markdown(summarise(found.experiments, options.metric), options.metric))


if __name__ == "__main__":
    main()
