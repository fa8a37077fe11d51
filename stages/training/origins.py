"""What a run is made from, kept beside its checkpoints: a later run says why it does not resume them."""

import json
from pathlib import Path
from typing import Any

from stages.common.artifacts import read_json, write_json

_FILE = "made-from.json"
_MOST = 6


def tell_what_is_other(folder: Path, made_from: dict[str, Any]) -> None:
    """Leave `made_from` in a run's folder; of interrupted runs beside it, say what they were made from."""
    ours = json.loads(json.dumps(made_from, default=str))
    if not (folder / _FILE).exists():
        for path in sorted(folder.parent.glob(f"*/{_FILE}")):
            changes = _changes(flat(read_json(path, "")), flat(ours))
            print(f"{path.parent} is a run of other settings and is not resumed: {changes}")
    write_json(folder / _FILE, ours)


def _changes(theirs: dict[str, Any], ours: dict[str, Any]) -> str:
    other = [key for key in sorted({*theirs, *ours}) if theirs.get(key) != ours.get(key)]
    listed = [f"{key} was {_short(theirs.get(key))}, is {_short(ours.get(key))}" for key in other[:_MOST]]
    return "; ".join(listed + ([f"and {len(other) - _MOST} more"] if len(other) > _MOST else []))


def _short(value: Any) -> str:
    text = repr(value)
    return f"{text[:13]}…" if len(text) > 60 else text


def flat(content: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    """Nested keys as dotted ones."""
    found: dict[str, Any] = {}
    for key, value in content.items():
        found |= flat(value, f"{prefix}{key}.") if isinstance(value, dict) else {f"{prefix}{key}": value}
    return found
