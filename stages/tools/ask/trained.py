"""A trained method with all that asking it needs, from the files it lies among."""

import difflib
from dataclasses import dataclass
from pathlib import Path

from stages.common.errors import DataError, ParamsError, missing
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
    cure = f"run `dvc repro -sf ground@{name}`"
    tensors, facts = checkpoints.load(path, cure)
    if lacking := _FACTS - facts.keys():
        raise DataError(f"{path} is of an earlier version: it does not say its {min(lacking)}; {cure}")
    # Where the file was put does not make it another method.
    name = facts["name"]
    method = Method.model_validate(facts["method"])
    # The settings that it was trained with: those of params.yaml may have changed since.
    params = params.model_copy(update={"methods": {**params.methods, name: method}})
    params = with_settings(params, facts["settings"], str(path))
    width, dims = facts["dims"]
    model = filled(build(params, name, (width, dims), facts["vocabulary"]), tensors).eval()
    return Trained(name, project, method, params, model, width, facts["extractor"], facts["nms"])


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
