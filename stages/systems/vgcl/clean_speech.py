"""The speech of queries before noise was mixed in, as spectrograms; for pretraining alone."""

from pathlib import Path

import pandas as pd

from stages.common.logmel import LogMel
from stages.common.params.schema import Mels
from stages.common.shards import Shards
from stages.training.query_steps import QuerySteps

SPEECH = Path("data/corpus/speech")


def clean_speech(table: pd.DataFrame, params: Mels) -> QuerySteps:
    """A spectrogram per row; frame by frame those of the mixed speech, which is as long."""
    speech, logmel = Shards(SPEECH, "corpus"), LogMel(params)
    # In float16, as the stage `mels` keeps the others.
    return [logmel(speech[speech_id]).astype("float16") for speech_id in table["speech_id"]]
