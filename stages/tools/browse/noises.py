"""What a noise clip is a recording of."""

import re

import pandas as pd

from stages.common.errors import UserError
from stages.common.params.schema import Noise
from stages.mix.esc50 import TABLE, Esc50, read_esc50
from stages.mix.source import cache_folder, open_esc50

# ESC-50 ends a clip's name with the number of its category.
_NUMBER = re.compile(r"-(\d+)\.\w+$")


def category_names(noise: Noise) -> dict[str, str]:
    """The names of ESC-50's categories by their number; empty where ESC-50 is no longer at hand."""
    try:
        table = pd.read_csv(_at_hand(noise).folder / TABLE, dtype=str, keep_default_na=False)
    except (UserError, OSError, ValueError):
        return {}
    if not {"target", "category"} <= set(table.columns):
        return {}
    return {
        number: name.replace("_", " ")
        for number, name in zip(table["target"], table["category"], strict=True)
    }


def _at_hand(noise: Noise) -> Esc50:
    # A page must not download half a gigabyte for the names.
    if noise.esc50.startswith(("http://", "https://")):
        return read_esc50(cache_folder() / str(noise.sha256))
    return open_esc50(noise)


def category_of(clip: str, names: dict[str, str]) -> str:
    """A clip's category in words, "" for no clip; its file's name where nothing is known of it."""
    found = _NUMBER.search(clip)
    return names.get(found[1], clip) if found else clip
