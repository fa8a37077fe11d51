"""dvc.yaml names every file that a stage's bytes depend on."""

import ast
from pathlib import Path

import pytest
from omegaconf import OmegaConf

from stages.common.params.load import known_keys

ROOT = Path(__file__).parents[1]
STAGES = OmegaConf.to_container(OmegaConf.load(ROOT / "dvc.yaml"))["stages"]
# What cannot change an artifact's bytes.
HARMLESS = {
    "stages/common/params",
    "stages/common/dask_cluster.py",
    "stages/common/dask_worker.py",
    "stages/common/ending.py",
    "stages/common/errors.py",
    "stages/common/inputs.py",
    "stages/common/parallel.py",
    "stages/common/registry.py",
    "stages/common/space.py",
}


def imports_of(source):
    """The modules of `stages` that a file imports, as paths."""
    for node in ast.walk(ast.parse(source.read_text())):
        names = []
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("stages"):
            names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names if alias.name.startswith("stages")]
        for name in names:
            path = ROOT / name.replace(".", "/")
            if path.with_suffix(".py").exists():
                yield path.with_suffix(".py")
            elif (path / "__init__.py").exists():
                yield path / "__init__.py"


def closure(start):
    seen, waiting = set(), [start]
    while waiting:
        source = waiting.pop()
        if source not in seen:
            seen.add(source)
            waiting.extend(imports_of(source))
    return {path.relative_to(ROOT).as_posix() for path in seen}


def room_of(stage):
    return stage["cmd"].split("stages.")[1].split()[0]


@pytest.mark.parametrize("name", STAGES)
def test_code_dependencies_are_complete(name):
    stage = STAGES[name]
    room = room_of(stage)
    deps = {dep for dep in stage["deps"] if dep.startswith("stages/")}
    for path in closure(ROOT / "stages" / room / "__main__.py"):
        if path.endswith("/__init__.py") and path.count("/") <= 2 and f"stages/{room}" not in path:
            continue
        assert any(path == dep or path.startswith(f"{dep}/") for dep in deps | HARMLESS), path
    for dep in deps:
        assert (ROOT / dep).exists()


@pytest.mark.parametrize("name", STAGES)
def test_params_are_keys_of_params_yaml(name):
    named = {key.replace(".${item.method}", "") for key in STAGES[name]["params"]}
    assert named <= set(known_keys())


def test_a_stage_never_reaches_into_a_later_one():
    order = [room_of(stage) for stage in STAGES.values()]
    for place, room in enumerate(order):
        for path in closure(ROOT / "stages" / room / "__main__.py"):
            reached = path.split("/")[1]
            assert reached not in order[place + 1 :], f"{room} imports {path}"


# What may import what: a floor stands on those below it.
LIBRARIES = ("common", "networks", "scoring", "training")


def rooms_reached(folder):
    """The rooms that the files below a folder of stages/ import, system by system."""
    for source in sorted((ROOT / "stages" / folder).rglob("*.py")):
        for path in imports_of(source):
            parts = path.relative_to(ROOT / "stages").parts
            if len(parts) > 1:
                yield (
                    source.relative_to(ROOT).as_posix(),
                    "/".join(parts[:2]) if parts[0] == "systems" else parts[0],
                )


def test_libraries_import_libraries_alone():
    for library in LIBRARIES:
        for source, room in rooms_reached(library):
            assert room in LIBRARIES, f"{source} imports {room}"


def test_systems_import_libraries_and_themselves():
    systems = {path.name for path in (ROOT / "stages/systems").iterdir() if (path / "__init__.py").exists()}
    assert systems >= {"vgcl", "vslnet"}
    for system in systems:
        for source, room in rooms_reached(f"systems/{system}"):
            assert room in (*LIBRARIES, f"systems/{system}"), f"{source} imports {room}"


def test_only_tools_import_tools():
    rooms = {path.name for path in (ROOT / "stages").iterdir() if (path / "__init__.py").exists()}
    for room in rooms - {"tools"}:
        for source, reached in rooms_reached(room):
            assert reached != "tools", source


def test_only_metrics_and_plots_are_uncached():
    # An uncached or persistent output would switch DVC's run-cache off.
    for stage in STAGES.values():
        assert all(isinstance(out, str) for out in stage.get("outs", []))
