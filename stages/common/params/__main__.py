"""Check params.yaml: `python -m stages.common.params`; with `paper`: the paper's choices, for dvc exp run."""

import argparse
import json
from pathlib import Path

from stages.common.errors import stage_entry
from stages.common.params import load_params
from stages.common.params.load import PAPER, known_keys, read_choices


def overrides(path: Path) -> list[str]:
    """The keys of a file such as paper.yaml as arguments of `dvc exp run`."""
    # As JSON without spaces: the shell splits the output of the command into words.
    return [
        part
        for key, value in read_choices(path).items()
        for part in ("-S", f"{key}={json.dumps(value, separators=(',', ':')).strip(chr(34))}")
    ]


@stage_entry
def main() -> None:
    """Say that every key is valid, or which one is not; or print the paper's choices."""
    parser = argparse.ArgumentParser(prog="python -m stages.common.params", description=__doc__)
    parser.add_argument(
        "choices", nargs="?", choices=["paper"], help="print these as arguments of dvc exp run"
    )
    if parser.parse_args().choices == "paper":
        print(*overrides(PAPER))
        return
    load_params()
    print(f"params.yaml: {len(known_keys())} keys and sections, all valid")


if __name__ == "__main__":
    main()
