"""Whether a scorer is all there. The library reads a trie that is cut short without a word, or dies of it."""

import mmap
import struct
from pathlib import Path

from stages.common.errors import DataError

# OpenFST's head of a constant automaton: magic, two names, then version, flags, properties, start, counts.
_HEAD = struct.pack("<i", 2125659606) + b"\x05\0\0\0const\x08\0\0\0standard"
_FACTS = struct.Struct("<iiQqqq")
_STATE, _ARC = 20, 16
_IS_ALIGNED, _ALIGNMENT = 4, 16


def refuse_cut_short(scorer: Path) -> None:
    """Refuse a scorer whose trie announces more than the file holds; the library names what is none."""
    size = scorer.stat().st_size
    expected = _announced(scorer, size) if size else 0
    if size < expected:
        raise DataError(
            f"{scorer} is cut short: its trie announces {expected:,} bytes, {size:,} are there; copy or make "
            "the file again"
        )


def _announced(scorer: Path, size: int) -> int:
    with scorer.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        # It is the last part of the file.
        facts = content.rfind(_HEAD) + len(_HEAD)
        if facts < len(_HEAD) or facts + _FACTS.size > size:
            return 0
        _, flags, _, _, states, arcs = _FACTS.unpack_from(content, facts)
    end = _aligned(facts + _FACTS.size, flags) + _STATE * states
    return _aligned(end, flags) + _ARC * arcs


def _aligned(place: int, flags: int) -> int:
    return place + (-place % _ALIGNMENT if flags & _IS_ALIGNED else 0)
