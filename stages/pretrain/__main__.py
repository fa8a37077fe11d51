"""The pretraining room: teach a method's first audio encoder. `python -m stages.pretrain METHOD`."""

import argparse
from functools import partial

from stages.common.errors import stage_entry
from stages.common.params import load_params
from stages.common.params.load import chosen_method
from stages.pretrain.method import leave_nothing, pretrain_method
from stages.training.ranks import on_ranks


@stage_entry
def main() -> None:
    """Pretrain for the method named on the command line; most have nothing to pretrain."""
    parser = argparse.ArgumentParser(prog="python -m stages.pretrain", description=__doc__)
    parser.add_argument("method")
    params = load_params()
    name = chosen_method(params, parser.parse_args().method)
    if params.methods[name].pretraining == "none":
        leave_nothing(name)
    else:
        on_ranks(params.machine, partial(pretrain_method, params, name))


if __name__ == "__main__":
    main()
