"""What each row is made of: the settings that it uses, and the code that it runs.

`python -m stages.systems` writes the recipes to data/rows, and the rows' stages depend on these files. So a
change reaches the rows that it concerns and no others: a file of one system leaves other systems' rows alone.
"""

import ast
from collections.abc import Iterable, Iterator
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any

from stages.common import registry
from stages.common.artifacts import sha256_of
from stages.common.params import Params
from stages.common.params.load import setting

ROOT = Path(__file__).parents[2]
STAGES = ("pretrain", "ground", "evaluate")
# Code that cannot change an artifact's bytes: checks of params.yaml, progress bars, texts of errors, where
# work runs, and this file, whose results are what it would have to be held against.
HARMLESS = (
    "stages/common/params",
    "stages/common/dask_cluster.py",
    "stages/common/dask_worker.py",
    "stages/common/ending.py",
    "stages/common/errors.py",
    "stages/common/inputs.py",
    "stages/common/parallel.py",
    "stages/common/recipe.py",
    "stages/common/registry.py",
    "stages/common/space.py",
)
_BATCH = "ground.batch"
# The settings that every row uses in a stage; its network and its pretraining name further ones.
_SETTINGS = {
    "pretrain": ("training_seed", "audio", "video", "mels", "networks.speech", "pretrain", "machine"),
    "ground": ("training_seed", "audio", "video", "mels", "text", "ground", "machine", "evaluate.nms"),
    "evaluate": ("seed", "audio", "video", "mels", "text", _BATCH, "machine", "evaluate"),
}
_OF_METHOD = {
    "pretrain": ("pretraining", "query", "supervision"),
    "ground": ("network", "query", "supervision", "pretraining", "encoder_rate"),
    "evaluate": ("network", "query", "supervision", "pretraining", "encoder_rate"),
}


def recipe_of(params: Params, name: str, stage: str) -> dict[str, Any]:
    """The settings and the code of one row in one stage."""
    method, shared, params = params.methods[name], params, params.of(name)
    used = {f"method.{key}": getattr(method, key) for key in _OF_METHOD[stage]}
    if stage == "pretrain" and method.pretraining == "none":
        return {"settings": {"method.pretraining": "none"}, "code": {}}
    entries: list[registry.NetworkEntry | registry.PretrainingEntry] = []
    if stage != "pretrain":
        entries.append(registry.networks()[method.network])
    if stage != "evaluate" and method.pretraining != "none":
        entries.append(registry.pretrainings()[method.pretraining])
    keys = [*_SETTINGS[stage], *(key for entry in entries for key in entry.settings)]
    # On test all rows are asked in batches of one size.
    settings = used | {key: setting(shared if key == _BATCH else params, key) for key in sorted(set(keys))}
    modules = [f"stages.{stage}.__main__", *(entry.at.partition(":")[0] for entry in entries)]
    return {"settings": settings, "code": code_of(modules)}


def code_of(modules: Iterable[str]) -> dict[str, str]:
    """The files that some modules import, one by the other, and what is in them."""
    found = {name: path for module in modules for name, path in closure(module).items()}
    return {name: sha256_of(found[name])[:16] for name in sorted(found) if not name.startswith(HARMLESS)}


@cache
def closure(module: str) -> dict[str, Path]:
    """The file of a module, what it imports of `stages`, what that imports, and so on."""
    seen: dict[str, Path] = {}
    waiting = [module]
    while waiting:
        for name, path in _files_of(waiting.pop()):
            if name not in seen:
                seen[name] = path
                waiting.extend(imports_of(path))
    return seen


def imports_of(source: Path) -> Iterator[str]:
    """What a file imports of `stages`: modules, and names that may be modules."""
    for node in ast.walk(ast.parse(source.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == "stages":
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name.split(".")[0] == "stages")


def _files_of(module: str) -> Iterator[tuple[str, Path]]:
    """The file of a module, if it is one."""
    name = module.replace(".", "/")
    for package, folders in (("stages/systems/", registry.folders()), ("stages/", [ROOT / "stages"])):
        if name.startswith(package):
            for folder, ending in product(folders, (".py", "/__init__.py")):
                if (path := folder / f"{name.removeprefix(package)}{ending}").is_file():
                    yield f"{name}{ending}", path
            return
