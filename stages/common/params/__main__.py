"""Check params.yaml: `python -m stages.common.params`; with a preset's name: its choices, for dvc exp run.

paper: what VGCL's paper chose. joined: for captioned clips (docs/joined.md).
"""

import argparse

from stages.common.errors import stage_entry
from stages.common.params import load_params
from stages.common.params.load import known_keys, overrides_of, presets


@stage_entry
def main() -> None:
    """Say that every key is valid, or which one is not; or print the choices of a preset."""
    parser = argparse.ArgumentParser(
        prog="python -m stages.common.params", description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    parser.add_argument("preset", nargs="?", choices=presets(), help="print it as arguments of dvc exp run")
    if (preset := parser.parse_args().preset) is not None:
        print(*(part for choice in overrides_of(preset) for part in ("-S", choice)))
        return
    load_params()
    print(f"params.yaml: {len(known_keys())} keys and sections, all valid")


if __name__ == "__main__":
    main()
