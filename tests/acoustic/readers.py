"""Readers of the files that the room writes; they share no line with the writers."""

import struct


def varint(data, at):
    value, shift = 0, 0
    while True:
        value |= (data[at] & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if not data[at - 1] & 0x80:
            return value, at


def fields(data):
    """The (number, value) pairs of a Protocol Buffers message."""
    at, found = 0, []
    while at < len(data):
        key, at = varint(data, at)
        if key & 7 == 0:
            value, at = varint(data, at)
        elif key & 7 == 2:
            size, at = varint(data, at)
            value, at = data[at : at + size], at + size
        else:
            assert key & 7 == 5
            value, at = struct.unpack("<f", data[at : at + 4])[0], at + 4
        found.append((key >> 3, value))
    return found


def regions(package):
    """The regions of a memory-mapped package: name → (offset, bytes)."""
    (directory,) = struct.unpack("<Q", package[-8:])
    entries = [dict(fields(entry)) for _, entry in fields(package[directory:-8])]
    return {
        entry[2].decode(): (entry.get(1, 0), package[entry.get(1, 0) : entry.get(1, 0) + entry[3]])
        for entry in entries
    }


def nodes(graph):
    """The nodes of a GraphDef: name → (operation, inputs, attributes)."""
    found = {}
    for number, node in fields(graph):
        if number == 1:
            parts = fields(node)
            (name,), (op,) = ([value.decode() for n, value in parts if n == wanted] for wanted in (1, 2))
            assert name not in found
            inputs = [value.decode() for n, value in parts if n == 3]
            pairs = [dict(fields(value)) for n, value in parts if n == 5]
            found[name] = (op, inputs, {pair[1].decode(): fields(pair[2]) for pair in pairs})
    return found


def automaton(data, offset):
    """The (final, arcs) of every state of an OpenFST constant automaton that begins at `offset`."""
    at = offset

    def read(layout):
        nonlocal at
        values = struct.unpack_from(layout, data, at)
        at += struct.calcsize(layout)
        return values

    def text():
        (size,) = read("<i")
        return read(f"<{size}s")[0].decode()

    assert read("<i") == (2125659606,)
    assert (text(), text()) == ("const", "standard")
    version, flags, _, start, states, arcs = read("<iiQqqq")
    assert (version, flags, start) == (1, 4, 0)
    at += -at % 16
    rows = [read("<fIIII") for _ in range(states)]
    at += -at % 16
    edges = [read("<iifi") for _ in range(arcs)]
    assert at == len(data)
    return [(final == 0, edges[first : first + count]) for final, first, count, _, _ in rows]


def accepted(states, here=0, before=()):
    """The sequences of labels that end in a final state; only of automata without cycles."""
    final, edges = states[here]
    if final:
        yield before
    for label, out, weight, target in edges:
        assert (out, weight) == (label, 0)
        yield from accepted(states, target, (*before, label))
