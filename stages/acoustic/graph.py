"""A graph of TensorFlow operations, as the message GraphDef."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from stages.acoustic.protobuf import content, integer, message, real

Attribute = bytes  # an AttrValue

# A version of TensorFlow's graph format that 2.3 reads.
_PRODUCER = 134
_DTYPES = {np.dtype(np.float32): 1, np.dtype(np.int32): 3, np.dtype(np.int64): 9}
_STRING = 7


def shape_of(shape: Sequence[int]) -> bytes:
    """A TensorShapeProto."""
    return message(content(2, integer(1, size)) for size in shape)


def kind(dtype: Any) -> Attribute:
    """The attribute that names a type of numbers."""
    return integer(6, _DTYPES[np.dtype(dtype)])


def shape(sizes: Sequence[int]) -> Attribute:
    """The attribute that names a shape."""
    return content(7, shape_of(sizes))


def whole(value: int) -> Attribute:
    """A whole number as an attribute."""
    return integer(3, value)


def number(value: float) -> Attribute:
    """A float as an attribute."""
    return real(4, value)


def flag(value: bool) -> Attribute:
    """A truth value as an attribute."""
    return integer(5, int(value))


def text(value: str) -> Attribute:
    """A string as an attribute."""
    return content(2, value)


class Graph:
    """Nodes in the order in which they are added; each `add…` returns the name of the node's output."""

    def __init__(self) -> None:
        self._nodes: list[bytes] = []

    def add(self, name: str, op: str, inputs: Sequence[str] = (), **attributes: Attribute) -> str:
        """An operation on the outputs of others."""
        entries = (content(5, content(1, key) + content(2, value)) for key, value in attributes.items())
        node = message(content(1, name), content(2, op), (content(3, source) for source in inputs), entries)
        self._nodes.append(content(1, node))
        return name

    def add_constant(self, name: str, value: np.ndarray) -> str:
        """Numbers that are part of the graph."""
        tensor = message(
            integer(1, _DTYPES[value.dtype]), content(2, shape_of(value.shape)), content(4, value.tobytes())
        )
        return self.add(name, "Const", dtype=kind(value.dtype), value=content(8, tensor))

    def add_bytes(self, name: str, value: bytes) -> str:
        """A string that is part of the graph."""
        tensor = message(integer(1, _STRING), content(2, shape_of([1])), content(8, value))
        return self.add(name, "Const", dtype=integer(6, _STRING), value=content(8, tensor))

    def add_input(self, name: str, dtype: Any, sizes: Sequence[int]) -> str:
        """What is fed."""
        return self.add(name, "Placeholder", dtype=kind(dtype), shape=shape(sizes))

    def serialised(self) -> bytes:
        """The message."""
        return b"".join(self._nodes) + content(4, integer(1, _PRODUCER))
