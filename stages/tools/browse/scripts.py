"""Data as scripts: a page that was opened from a file may load scripts, but read no other file."""

import json
from pathlib import Path
from typing import Any


def as_json(content: Any) -> str:
    """JSON that is also safe inside HTML, whatever the texts in it hold."""
    text = json.dumps(content, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


def write_call(path: Path, function: str, *arguments: Any) -> None:
    """A script that hands `arguments` to a function of the page."""
    path.write_text(f"{function}({','.join(map(as_json, arguments))});\n", encoding="utf-8")
