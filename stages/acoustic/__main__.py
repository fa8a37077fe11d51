"""The acoustic room: a DeepSpeech model of our own, where no other is named. `python -m stages.acoustic`."""

from functools import partial

from stages.acoustic.method import leave_nothing, make_model
from stages.common.errors import stage_entry
from stages.common.params import load_params
from stages.common.transcripts_needed import NOBODY, transcripts_needed
from stages.training.ranks import on_ranks


@stage_entry
def main() -> None:
    """Train it, or leave empty files where nobody needs it."""
    params = load_params()
    if not transcripts_needed():
        leave_nothing(NOBODY)
    elif params.asr.engine != "deepspeech" or params.asr.model is not None:
        leave_nothing("asr names another engine or model")
    else:
        on_ranks(params.machine, partial(make_model, params))


if __name__ == "__main__":
    main()
