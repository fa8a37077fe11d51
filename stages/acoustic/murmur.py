"""MurmurHash64A, by which KenLM finds words."""

_MULTIPLIER, _SHIFT, _64_BITS = 0xC6A4A7935BD1E995, 47, (1 << 64) - 1


def murmur64(data: bytes) -> int:
    """The hash of some bytes, with seed 0."""
    whole = len(data) // 8 * 8
    value = len(data) * _MULTIPLIER & _64_BITS
    for first in range(0, whole, 8):
        part = int.from_bytes(data[first : first + 8], "little") * _MULTIPLIER & _64_BITS
        part = (part ^ part >> _SHIFT) * _MULTIPLIER & _64_BITS
        value = (value ^ part) * _MULTIPLIER & _64_BITS
    if whole < len(data):
        value = (value ^ int.from_bytes(data[whole:], "little")) * _MULTIPLIER & _64_BITS
    value = (value ^ value >> _SHIFT) * _MULTIPLIER & _64_BITS
    return value ^ value >> _SHIFT
