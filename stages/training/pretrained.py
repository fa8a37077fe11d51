"""What pretraining leaves for grounding: the first encoder's weights, and how they came about."""

from pathlib import Path
from typing import Any

from torch import nn

from stages.common.errors import DataError
from stages.common.params import Params
from stages.common.params.pretraining import Curriculum, GuideNetwork
from stages.training import checkpoints

# What a grounding network has of a pretraining network.
_KEPT = ("encoder.", "guide.")


def path_of(name: str) -> Path:
    """The file of a method."""
    return Path(f"models/{name}/pretrained.safetensors")


def facts_of(params: Params, name: str) -> dict[str, Any]:
    """What the weights' shape and meaning depend on; of a method without pretraining nothing."""
    kind = params.methods[name].pretraining
    if kind == "none":
        return {}
    facts = {
        "pretraining": kind,
        "speech": params.networks.speech.model_dump(mode="json"),
        "mels": params.mels.model_dump(),
    }
    if kind == "vgcl":
        facts["guide"] = params.pretrain.guide.model_dump()
        facts["curriculum"] = params.curriculum.model_dump()
    return facts


def as_pretrained(params: Params, facts: dict[str, Any]) -> Params:
    """The params with the guide as it was in pretraining: grounding has no choice there."""
    if "guide" not in facts:
        return params
    pretrain = params.pretrain.model_copy(update={"guide": GuideNetwork.model_validate(facts["guide"])})
    curriculum = Curriculum.model_validate(facts["curriculum"])
    return params.model_copy(update={"pretrain": pretrain, "curriculum": curriculum})


def read_facts(params: Params, name: str) -> dict[str, Any]:
    """How a method's encoder was pretrained; refused when it was for other inputs or another encoder."""
    expected = facts_of(params, name)
    if not expected:
        return {}
    _, facts = _read(name)
    different = [key for key in ("pretraining", "speech", "mels") if facts.get(key) != expected.get(key)]
    if different:
        raise DataError(
            f"{path_of(name)} was pretrained with other {', '.join(different)}: it has "
            f"{ {key: facts.get(key) for key in different} }, the params say "
            f"{ {key: expected.get(key) for key in different} }; {_cure(name)}"
        )
    return facts


def load_into(first: nn.Module, name: str) -> None:
    """Put the pretrained weights into a network's first encoder."""
    tensors, _ = _read(name)
    kept = {key: tensor for key, tensor in tensors.items() if key.startswith(_KEPT)}
    if not any(key.startswith("guide.") for key in first.state_dict()):
        # An ear alone; what guided it stays behind.
        kept = checkpoints.below(kept, "encoder.")
    first.load_state_dict(kept)


def _read(name: str) -> tuple[checkpoints.Tensors, dict[str, Any]]:
    return checkpoints.load(path_of(name), _cure(name))


def _cure(name: str) -> str:
    return f"run `dvc repro -sf pretrain@{name}`"
