"""The grounding room: train one method, keep its best epoch on dev. `python -m stages.ground METHOD`."""

import argparse
from functools import partial

from stages.common.errors import stage_entry
from stages.common.params import load_params
from stages.common.params.load import chosen_method
from stages.ground.method import train_method
from stages.training.ranks import on_ranks


@stage_entry
def main() -> None:
    """Train the method named on the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("method")
    params = load_params()
    name = chosen_method(params, parser.parse_args().method)
    on_ranks(params.machine, partial(train_method, params, name))


if __name__ == "__main__":
    main()
