"""Reading params.yaml and saying, in one line, what is wrong with it."""

import difflib
import json
import types
from collections.abc import Mapping
from pathlib import Path
from typing import Any, get_args

import yaml
from omegaconf import OmegaConf
from omegaconf.errors import OmegaConfBaseException
from pydantic import BaseModel, ValidationError
from yaml import YAMLError

from stages.common.errors import ParamsError
from stages.common.params.methods import Method
from stages.common.params.schema import Params

# What the paper chose, where params.yaml has something else.
PAPER = Path(__file__).with_name("paper.yaml")
# Keys of earlier versions, and their names of today.
RENAMED = {
    "curriculum.entire_video": "networks.guide.entire_video",
    "curriculum.self_attention": "networks.guide.self_attention",
    "curriculum.mask": "networks.guide.mask",
    "pretrain.guide": "networks.guide",
    "evaluate.suppression": "evaluate.nms",
    "ground.by_video": "ground.batch_by",
    "pretrain.by_video": "pretrain.batch_by",
    "pretrain.by_speaker": "pretrain.batch_by",
}


def load_params(path: Path = Path("params.yaml")) -> Params:
    """Read and validate every key; the first problem ends the run with exit code 2."""
    try:
        # Not yaml.safe_load: it reads 1e-05, which DVC writes for -S lr=1e-5, as a string.
        content = OmegaConf.to_container(OmegaConf.load(path), resolve=True)
    except FileNotFoundError:
        raise ParamsError(
            f"{path} is missing; run from the folder that holds it, or `git checkout {path}`"
        ) from None
    except (YAMLError, OmegaConfBaseException, UnicodeDecodeError, RecursionError, ValueError) as error:
        raise ParamsError(f"{path} is no valid YAML: {' '.join(str(error).split())}") from None
    if isinstance(content, dict) and "sections" in content:
        raise ParamsError(f"{path}: unknown key `sections`{_nearest('sections')}")
    return parse_params(content, str(path))


def read_choices(path: Path) -> dict[str, Any]:
    """Dotted keys and their values, as in paper.yaml."""
    return yaml.safe_load(path.read_text())


def presets() -> list[str]:
    """The names of the files beside this one that hold choices."""
    return sorted(path.stem for path in PAPER.parent.glob("*.yaml"))


def overrides_of(preset: str) -> list[str]:
    """The choices of a preset as `key=value`."""
    # As JSON without spaces: the shell splits the output of a command into words.
    return [
        f"{key}={json.dumps(value, separators=(',', ':')).strip(chr(34))}"
        for key, value in read_choices(PAPER.with_name(f"{preset}.yaml")).items()
    ]


def parse_params(content: Any, origin: str = "params.yaml") -> Params:
    """Validate a mapping as it stands in params.yaml."""
    if not isinstance(content, dict):
        raise ParamsError(f"{origin} holds no keys; `git checkout {origin}` brings the default back")
    try:
        return Params.model_validate(content)
    except ValidationError as error:
        # A key of the user's may hold a line break.
        raise ParamsError(f"{origin}: {' '.join(_first_problem(error).split())}") from None


def _first_problem(error: ValidationError) -> str:
    problem = min(error.errors(), key=lambda found: found["type"] != "extra_forbidden")
    # Labels of a union's branch, such as `constrained-str`, are no keys of the file.
    path = [part for part in problem["loc"] if not _is_label(str(part))]
    key = ".".join(str(part) for part in path)
    if problem["type"] == "extra_forbidden" and (new := _renamed(key)):
        return f"`{key}` is called `{new}` now; move its value there"
    if problem["type"] == "extra_forbidden":
        return f"unknown key `{key}`{_nearest(key)}"
    if problem["type"] == "missing":
        return f"key `{key}` is missing; every key must be set (`git diff params.yaml`)"
    if problem["type"] == "value_error":
        text = problem["msg"].removeprefix("Value error, ")
        return f"`{key}`: {text}" if key else text
    if problem["type"] == "model_type":
        return f"`{key}` is {problem['input']!r}; allowed: the keys of this section, each on its line"
    quotes = " in quotes" if problem["type"] == "string_type" else ""
    return f"`{key}` is {problem['input']!r}; {problem['msg'].replace('Input should be', 'allowed:')}{quotes}"


def _renamed(key: str) -> str | None:
    """The name of today of a key that an older params.yaml has."""
    return RENAMED.get(key)


def _is_label(part: str) -> bool:
    return "[" in part or part.startswith("constrained") or part in {"str", "tuple", "int", "float"}


def _nearest(key: str) -> str:
    section, _, rest = key.partition(".")
    known = known_keys()
    if section == "methods" and "." in rest:
        # The names of the methods are the user's.
        known = known_keys(Method, f"methods.{rest.split('.')[0]}.")
    near = difflib.get_close_matches(key, known, n=1, cutoff=0)
    return f"; the nearest known key is `{near[0]}`"


def known_keys(model: type[BaseModel] = Params, prefix: str = "") -> list[str]:
    """All dotted keys of params.yaml."""
    keys = []
    for name, field in model.model_fields.items():
        keys.append(prefix + name)
        for kind in (field.annotation, *_union_members(field.annotation)):
            if isinstance(kind, type) and issubclass(kind, BaseModel):
                keys.extend(known_keys(kind, f"{prefix}{name}."))
    return keys


def _union_members(annotation: Any) -> tuple[Any, ...]:
    return get_args(annotation) if isinstance(annotation, types.UnionType) else ()


def setting(params: Params, key: str) -> Any:
    """The value of a dotted key, or of a section, in plain types."""
    section, *rest = key.split(".")
    found: Any = params.sections[section] if section in params.sections else getattr(params, section)
    for part in rest:
        found = getattr(found, part)
    return found.model_dump(mode="json") if isinstance(found, BaseModel) else found


def with_settings(params: Params, settings: Mapping[str, Any], origin: str) -> Params:
    """The same with other values of some dotted keys; they are checked as in params.yaml."""
    content = params.model_dump(mode="json")
    for key, value in settings.items():
        *path, last = key.split(".")
        place = content["sections"] if path[:1] and path[0] in params.sections else content
        place = content["sections"] if not path and last in params.sections else place
        for part in path:
            place = place[part]
        place[last] = value
    return parse_params(content, origin)


def chosen_method(params: Params, name: str) -> str:
    """`name`, which must be a method of params.yaml."""
    if name not in params.methods:
        near = difflib.get_close_matches(name, params.methods, n=1, cutoff=0)
        raise ParamsError(
            f"there is no method {name!r} in params.yaml; the nearest is {near[0]}, of "
            f"{', '.join(params.methods)}"
        )
    return name
