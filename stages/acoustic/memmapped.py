"""TensorFlow's package of a graph and its weights that is mapped into memory, not read: `.pbmm`."""

import struct

from stages.acoustic.protobuf import content, integer, message

# What the regions are called; the graph's own name is a dot.
PREFIX = "memmapped_package://"
_ALIGNMENT = 64


def package(graph: bytes, weights: dict[str, bytes]) -> bytes:
    """Weights by the name of their region, then the graph, then where each of them lies."""
    out = bytearray()
    places = []
    for name, data in [*weights.items(), (f"{PREFIX}.", graph)]:
        out += bytes(-len(out) % _ALIGNMENT)
        places.append(message(integer(1, len(out)), content(2, name), integer(3, len(data))))
        out += data
    directory = len(out)
    out += message(content(1, place) for place in places)
    return bytes(out) + struct.pack("<Q", directory)
