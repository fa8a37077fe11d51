"""The words that may be spelled, as OpenFST's constant automaton over the alphabet."""

import math
import struct
from collections.abc import Iterable

from stages.acoustic.alphabet import as_labels

_MAGIC, _ALIGNED_VERSION, _IS_ALIGNED = 2125659606, 1, 4
_ALIGNMENT = 16
# Of OpenFST's properties those that hold for every trie: expanded, acceptor, deterministic, without epsilons,
# sorted by label, unweighted, without cycles, its states in order and all of them used.
_PROPERTIES = (
    0x1 | 0x1_0000 | 0x4_0000 | 0x10_0000 | 0x80_0000 | 0x200_0000 | 0x800_0000 | 0x1000_0000 | 0x4000_0000
    | 0x2_0000_0000 | 0x8_0000_0000 | 0x20_0000_0000 | 0x40_0000_0000 | 0x100_0000_0000 | 0x400_0000_0000
)  # fmt: skip

State = dict[int, int]  # to which state each label leads


def as_automaton(words: Iterable[str], offset: int) -> bytes:
    """The automaton as it stands in a file from byte `offset` on; its arrays are aligned within the file."""
    states, final = _trie(words)
    arcs = [(label, label, 0.0, target) for state in states for label, target in sorted(state.items())]
    header = b"".join(
        [
            struct.pack("<i", _MAGIC),
            *(struct.pack("<i", len(name)) + name for name in (b"const", b"standard")),
            struct.pack("<iiQqqq", _ALIGNED_VERSION, _IS_ALIGNED, _PROPERTIES, 0, len(states), len(arcs)),
        ]
    )
    out = _aligned(header, offset)
    first_arc = 0
    for number, state in enumerate(states):
        weight = 0.0 if number in final else math.inf
        out += struct.pack("<fIIII", weight, first_arc, len(state), 0, 0)
        first_arc += len(state)
    out = _aligned(out, offset)
    return out + b"".join(struct.pack("<iifi", *arc) for arc in arcs)


def _trie(words: Iterable[str]) -> tuple[list[State], set[int]]:
    """States in the order in which they are first reached; a word ends with a space."""
    states: list[State] = [{}]
    final = set()
    for word in sorted(words):
        here = 0
        for label in as_labels(f"{word} "):
            # Label 0 would be OpenFST's epsilon.
            if (there := states[here].get(int(label) + 1)) is None:
                there = states[here][int(label) + 1] = len(states)
                states.append({})
            here = there
        final.add(here)
    return states, final


def _aligned(data: bytes, offset: int) -> bytes:
    return data + bytes(-(offset + len(data)) % _ALIGNMENT)
