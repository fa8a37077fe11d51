"""A recogniser's files are those of the checkout that its method lies in."""

from stages.common.params.asr import Asr
from stages.tools.ask.engine import engine_in

NOTHING = dict.fromkeys(Asr.model_fields)


def test_deepspeech_is_that_of_the_checkout(tmp_path):
    asr = Asr(**NOTHING | {"engine": "deepspeech"})
    assert engine_in(tmp_path, asr).files() == [
        tmp_path / "data/deepspeech/libdeepspeech.so",
        tmp_path / "models/deepspeech/acoustic.pbmm",
        tmp_path / "models/deepspeech/captions.scorer",
    ]


def test_a_model_of_ones_own_stays(tmp_path):
    asr = Asr(**NOTHING | {"engine": "deepspeech", "model": "/own/a.pbmm"})
    library, model = engine_in(tmp_path, asr).files()
    assert library == tmp_path / "data/deepspeech/libdeepspeech.so"
    assert str(model) == "/own/a.pbmm"
