"""The rows of the bench: raw speech, and the cascade with each recogniser that is to be compared."""

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from stages.common.errors import DataError
from stages.common.params import Params
from stages.common.params.asr import Asr
from stages.common.params.load import parse_params
from stages.common.user_cache import user_cache
from stages.tools.ask.engine import engine_in
from stages.tools.ask.grounder import Grounder
from stages.tools.ask.trained import Trained, read_trained


@dataclass(frozen=True)
class Rival:
    """A row: who answers, and the most queries to ask it, where its engine does not give memory back."""

    name: str
    grounder: Grounder
    most: int | None = None


def rivals(models: Path, names: Sequence[str], engines: Sequence[str], device: str) -> list[Rival]:
    """Methods that listen, a row each; those that read transcripts, a row for each engine."""
    found = []
    for name in names:
        trained = read_trained(models / name)
        if trained.method.query == "captions":
            raise DataError(f"{name} reads captions and has no ears; choose methods that take speech")
        if trained.method.listens:
            found.append(Rival(name, _grounder(trained, device)))
            continue
        for engine in engines or [trained.params.asr.engine]:
            asr = recogniser_of(trained.params, engine)
            chosen = engine_in(trained.project, asr)
            chosen.check()
            params = trained.params.model_copy(update={"asr": asr})
            grounder = _grounder(dataclasses.replace(trained, params=params), device)
            found.append(Rival(f"{name}, {engine}", grounder, chosen.queries_per_process))
    return found


def recogniser_of(params: Params, chosen: str) -> Asr:
    """The settings of `ENGINE` or `ENGINE=MODEL`: those of params.yaml, or another engine as it comes."""
    engine, _, model = chosen.partition("=")
    if not model and engine == params.asr.engine:
        return params.asr
    plain = dict.fromkeys(Asr.model_fields) | {"engine": engine, "model": model or None}
    return parse_params({**params.model_dump(mode="json"), "asr": plain}, f"--engines {chosen}").asr


def _grounder(trained: Trained, device: str) -> Grounder:
    return Grounder(trained, device, "fp32", user_cache())
