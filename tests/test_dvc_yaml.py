"""dvc.yaml names every file that a stage's bytes depend on."""

from pathlib import Path

import pytest
from omegaconf import OmegaConf

from stages.common.params.load import known_keys
from stages.common.recipe import HARMLESS, closure, imports_of

ROOT = Path(__file__).parents[1]
STAGES = OmegaConf.to_container(OmegaConf.load(ROOT / "dvc.yaml"))["stages"]


def room_of(stage):
    return stage["cmd"].split("stages.")[1].split()[0]


@pytest.mark.parametrize("name", STAGES)
def test_code_dependencies_are_complete(name):
    stage = STAGES[name]
    room = room_of(stage)
    deps = {dep for dep in stage["deps"] if dep.startswith("stages/")}
    if f"data/rows/${{item.method}}/{room}.json" in stage["deps"]:
        # The recipe holds the code: stages/common/recipe.py.
        assert not deps
        return
    for path in closure(f"stages.{room}.__main__"):
        if path.endswith("/__init__.py") and path.count("/") <= 2 and f"stages/{room}" not in path:
            continue
        assert any(path == dep or path.startswith(f"{dep}/") for dep in deps | set(HARMLESS)), path
    for dep in deps:
        assert (ROOT / dep).exists()


@pytest.mark.parametrize("name", STAGES)
def test_params_are_keys_of_params_yaml(name):
    named = {
        key.replace(".${item.method}", "") for key in STAGES[name].get("params", []) if isinstance(key, str)
    }
    assert named <= set(known_keys())


def test_recipes_are_made_anew_whenever_the_code_of_a_row_changes():
    deps = set(STAGES["rows"]["deps"])
    assert STAGES["rows"]["params"] == [{"params.yaml": None}]
    for stage in ("pretrain", "ground", "evaluate"):
        for system in ("vgcl.build_guided", "vgcl.kinds", "vslnet.build_vslnet"):
            for path in {**closure(f"stages.{stage}.__main__"), **closure(f"stages.systems.{system}")}:
                assert any(path.startswith(f"{dep}/") for dep in deps) or path == "stages/__init__.py", path


def test_a_stage_never_reaches_into_a_later_one():
    order = [room_of(stage) for stage in STAGES.values()]
    for place, room in enumerate(order):
        for path in closure(f"stages.{room}.__main__"):
            reached = path.split("/")[1]
            assert reached not in order[place + 1 :], f"{room} imports {path}"


# What may import what: a floor stands on those below it.
LIBRARIES = ("common", "networks", "scoring", "training")


def files_imported_by(source):
    """The files of stages/ that a file imports."""
    for module in imports_of(source):
        name = module.replace(".", "/")
        for path in (f"{name}.py", f"{name}/__init__.py"):
            if (ROOT / path).is_file():
                yield path


def rooms_reached(folder):
    """The rooms that the files below a folder of stages/ import, system by system."""
    for source in sorted((ROOT / "stages" / folder).rglob("*.py")):
        for path in files_imported_by(source):
            parts = path.split("/")[1:]
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


def test_only_what_dvc_compares_is_a_metric():
    # `dvc metrics show` is one line per metric, and `dvc exp show` a column per key.
    named = {path for stage in STAGES.values() for out in stage.get("metrics", []) for path in out}
    assert named == {"metrics/blind.json", "metrics/${item.method}.json"}
    drawn = {
        path
        for stage in STAGES.values()
        for out in stage.get("plots", [])
        if isinstance(out, dict)
        for path in out
    }
    for path in (ROOT / "metrics/stages").glob("*.json"):
        name = path.name if "-" not in path.stem else f"{path.stem.split('-')[0]}-${{item.method}}.json"
        assert f"metrics/stages/{name}" in drawn


def test_only_metrics_and_plots_are_uncached():
    # An uncached or persistent output would switch DVC's run-cache off.
    for stage in STAGES.values():
        assert all(isinstance(out, str) for out in stage.get("outs", []))
