"""The evaluation room: `python -m stages.evaluate METHOD` opens the test split and scores a method on it.

Without METHOD it prints the results that are there.
"""

import argparse
import sys

from stages.common.errors import stage_entry
from stages.common.params import load_params
from stages.common.params.load import chosen_method
from stages.evaluate.method import evaluate
from stages.evaluate.results import results
from stages.scoring.table import markdown_table, text_table
from stages.training.precision import use_threads


@stage_entry
def main() -> None:
    """Score what the command line names, and print it beside the others."""
    parser = argparse.ArgumentParser(prog="python -m stages.evaluate", description=__doc__)
    parser.add_argument("method", nargs="?", help="a method of params.yaml; without it: only the table")
    parser.add_argument("--markdown", action="store_true", help="the table as Markdown")
    options = parser.parse_args()
    params = load_params()
    names = list(params.compare)
    if options.method is not None:
        name = chosen_method(params, options.method)
        names = list(dict.fromkeys([*names, name]))
        use_threads(params.machine.threads)
        evaluate(params, name)
    found = results(names)
    print(markdown_table(found) if options.markdown else text_table(found, bold=sys.stdout.isatty()))


if __name__ == "__main__":
    main()
