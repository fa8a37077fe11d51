"""A trained method with all that asking it needs, from the files it lies among."""

import difflib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from safetensors import SafetensorError, safe_open

from stages.common.errors import DataError, ParamsError, missing, one_line
from stages.common.params import Params, load_params
from stages.common.params.load import with_settings
from stages.common.params.methods import Method
from stages.training import checkpoints
from stages.training.model import Model, build, filled

WEIGHTS = "grounding.safetensors"
# What weights must say of themselves.
_FACTS = {"name", "method", "settings", "dims", "vocabulary", "extractor", "nms"}


@dataclass(frozen=True)
class Trained:
    """A model, and the settings it was trained with; of `params`, those of its own file."""

    name: str
    project: Path
    method: Method
    params: Params
    model: Model
    video_width: int
    # What the features of the videos came from.
    extractor: dict[str, object]
    # Of two moments that overlap by more than this, the better one is kept (NMS).
    nms: float


def trained_methods(models: Path) -> list[str]:
    """The methods that have weights below a folder."""
    return sorted(path.parent.name for path in models.glob(f"*/{WEIGHTS}"))


def told_of_themselves(models: Path) -> tuple[dict[str, Method], dict[str, str]]:
    """What the trained methods say that they are, and what is wrong with the others; weights are not read."""
    methods, faults = {}, {}
    for name in trained_methods(models):
        path = models / name / WEIGHTS
        try:
            with safe_open(path, "pt") as file:
                facts = json.loads(file.metadata()["facts"])
            _check_facts(facts, path, _cure(name))
            methods[name] = Method.model_validate(facts["method"])
        except DataError as error:
            faults[name] = str(error)
        except (SafetensorError, OSError, TypeError, KeyError, ValueError) as error:
            faults[name] = f"{path} is no whole safetensors file of ours ({one_line(error)}); {_cure(name)}"
    return methods, faults


def project_of(models: Path) -> Path:
    """The checkout that the folder of trained methods lies in."""
    project = models.absolute().parent
    if not (project / "params.yaml").is_file():
        wrong = "lies in no checkout" if models.is_dir() else missing(models)
        raise DataError(
            f"{models} {wrong}; expected the folder models of a checkout of this project, with params.yaml "
            "beside it"
        )
    return project


def read_trained(folder: Path) -> Trained:
    """Read `models/<method>`; the checkout around it has the rest."""
    folder = folder.absolute()
    name, project = folder.name, project_of(folder.parent)
    path = folder / WEIGHTS
    params = load_params(project / "params.yaml")
    if not path.is_file():
        raise _untrained(folder.parent, name, params)
    tensors, facts = checkpoints.load(path, _cure(name))
    _check_facts(facts, path, _cure(name))
    # Where the file was put does not make it another method.
    name = facts["name"]
    method = Method.model_validate(facts["method"])
    # The settings that it was trained with: those of params.yaml may have changed since.
    params = params.model_copy(update={"methods": {**params.methods, name: method}})
    params = with_settings(params, facts["settings"], str(path))
    width, dims = facts["dims"]
    model = filled(build(params, name, (width, dims), facts["vocabulary"]), tensors).eval()
    return Trained(name, project, method, params, model, width, facts["extractor"], facts["nms"])


def _cure(name: str) -> str:
    return f"run `dvc repro -sf ground@{name}`"


def _check_facts(facts: Mapping[str, object], path: Path, cure: str) -> None:
    if lacking := _FACTS - facts.keys():
        raise DataError(f"{path} is of an earlier version: it does not say its {min(lacking)}; {cure}")


def _untrained(models: Path, name: str, params: Params) -> DataError | ParamsError:
    trained = trained_methods(models)
    have = f"{models} has {', '.join(trained) or 'none that is'}"
    if name in params.methods:
        add = "" if name in params.compare else f"add {name} to `compare` in params.yaml, then "
        return DataError(f"the method {name} is not trained ({have}); {add}run `dvc repro ground@{name}`")
    if not trained:
        return ParamsError(
            f"there is no method {name!r}, and {models} has none that is trained; run `dvc repro`"
        )
    near = difflib.get_close_matches(name, trained, n=1, cutoff=0)[0]
    return ParamsError(
        f"there is no method {name!r}; the nearest is {near}, of the trained {', '.join(trained)}"
    )
