"""Damage: what disks, networks, editors and attackers do to files."""

import re

TOKENS = [
    b"", b"null", b"NaN", b"-Infinity", b"1e999", b"-1", b"0", b"99999999999999999999999", b"true", b"[]",
    b"{}", b'"', b"'", b"\n", b"\r\n", b"\0", b"../../x", b"/etc/passwd", b"\xff\xfe", "\u202e".encode(),
    b"a" * 5000,
]  # fmt: skip
WORD = re.compile(rb"[\w.+-]+")


def mutated(content, rng):
    """The bytes, damaged in one to three ways."""
    for _ in range(rng.integers(1, 4)):
        content = WAYS[rng.integers(len(WAYS))](content, rng)
    return content


def _place(content, rng):
    """Where a piece begins and ends; most are short, and many lie in the head."""
    limit = len(content) if rng.random() < 0.6 else min(len(content), 256)
    first = int(rng.integers(0, limit + 1))
    return first, min(len(content), first + int(2 ** rng.uniform(0, 12)))


def flip_bits(content, rng):
    out = bytearray(content)
    for _ in range(int(2 ** rng.uniform(0, 5)) if out else 0):
        out[_place(content, rng)[0] % len(out)] ^= 1 << int(rng.integers(8))
    return bytes(out)


def cut_short(content, rng):
    return content[: _place(content, rng)[0]]


def cut_the_end(content, rng):
    return content[: max(0, len(content) - int(2 ** rng.uniform(0, 8)))]


def remove_a_piece(content, rng):
    first, last = _place(content, rng)
    return content[:first] + content[last:]


def repeat_a_piece(content, rng):
    first, last = _place(content, rng)
    return content[:last] + content[first:last] * int(rng.integers(1, 4)) + content[last:]


def move_a_piece(content, rng):
    first, last = _place(content, rng)
    to, _ = _place(content, rng)
    piece, rest = content[first:last], content[:first] + content[last:]
    return rest[:to] + piece + rest[to:]


def garbage(content, rng):
    first, last = _place(content, rng)
    return content[:first] + rng.bytes(last - first) + content[last:]


def zeros(content, rng):
    first, last = _place(content, rng)
    return content[:first] + bytes(last - first) + content[last:]


def extremes(content, rng):
    first, _ = _place(content, rng)
    piece = [b"\xff" * 4, b"\xff" * 8, b"\x7f" + b"\xff" * 7, b"\x00" * 8, b"\x80" + bytes(7)][
        rng.integers(5)
    ]
    return content[:first] + piece + content[first + len(piece) :]


def another_word(content, rng):
    words = list(WORD.finditer(content[:100_000]))
    if not words:
        return content
    word = words[rng.integers(len(words))]
    token = TOKENS[rng.integers(len(TOKENS))] if rng.random() < 0.7 else words[rng.integers(len(words))][0]
    return content[: word.start()] + token + content[word.end() :]


def something_else(_, rng):
    return rng.bytes(int(2 ** rng.uniform(0, 14)))


WAYS = [
    flip_bits, flip_bits, cut_short, cut_the_end, remove_a_piece, repeat_a_piece, move_a_piece, garbage,
    zeros, extremes, another_word, another_word, another_word, something_else,
]  # fmt: skip
