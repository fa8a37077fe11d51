"""The recogniser of a trained method, with the files of its own checkout."""

from pathlib import Path

from stages.common.errors import DataError
from stages.common.inputs import check_made
from stages.common.params.asr import Asr
from stages.deepspeech.runtime import Runtime
from stages.transcripts.engines import chosen_engine, deepspeech
from stages.transcripts.engines.interface import Engine


def engine_in(project: Path, asr: Asr) -> Engine:
    """The engine that `asr` names. A stage runs in its checkout; whoever asks may stand anywhere."""
    engine = chosen_engine(asr)
    _bring_home(engine, project)
    return engine


def _bring_home(engine: object, project: Path) -> None:
    if isinstance(engine, deepspeech.Engine):
        engine.runtime = Runtime(project / deepspeech.LIBRARY)
        _check_left(engine.runtime.path)
        if engine.asr.model is None:
            _check_left(project / deepspeech.OUR_MODEL)
            # A damaged scorer ends the library, and this process with it.
            check_made(project, "acoustic")
            engine.model = project / deepspeech.OUR_MODEL
            if engine.asr.scorer is None:
                engine.scorer = project / deepspeech.OUR_SCORER


def _check_left(path: Path) -> None:
    """Refuse what the stages leave empty where nobody reads transcripts."""
    if path.is_file() and not path.stat().st_size:
        raise DataError(
            f"{path} is empty: the last run had no row in `compare` that reads transcripts, or another "
            "asr.engine or asr.model; correct that in params.yaml and run `dvc repro`"
        )
