"""The acoustic room: a DeepSpeech model of our own, where no other is named. `python -m stages.acoustic`."""

from functools import partial

from stages.acoustic.method import leave_nothing, make_model
from stages.common.errors import stage_entry
from stages.common.params import load_params
from stages.training.ranks import on_ranks


@stage_entry
def main() -> None:
    """Train it, or leave empty files where params.yaml asks for another engine or model."""
    params = load_params()
    if params.asr.engine == "deepspeech" and params.asr.model is None:
        on_ranks(params.machine, partial(make_model, params))
    else:
        leave_nothing()


if __name__ == "__main__":
    main()
