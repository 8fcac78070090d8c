"""Ways to damage a file, each a function of the file and a random generator alone."""

import json
import random
import struct
from collections.abc import Callable
from copy import deepcopy

Mutation = Callable[[bytes, random.Random], bytes]

_NUMBERS = (0, 1, -1, 2, 127, 255, 256, 4096, 65535, 2**31 - 1, 2**31, 2**32, 2**53, 2**63, 10**30)
_VALUES = (
    *_NUMBERS,
    *(None, True, False, 0.5, -0.0, 1e308, float("nan"), float("inf")),
    *("", "\0", "\ud800", "x" * 70_000, "../../x", "sealed", "0" * 64, "=" * 24),
    *([], {}, [[]], [None] * 5, {"": {}}),
)
_LARGEST = 8 * 2**20


def flip(data: bytes, rng: random.Random) -> bytes:
    """One to eight bytes become others."""
    changed = bytearray(data)
    for _ in range(rng.randint(1, 8)):
        changed[rng.randrange(len(changed))] ^= rng.randint(1, 255)
    return bytes(changed)


def flip_early(data: bytes, rng: random.Random) -> bytes:
    """The same within the first bytes, where headers are."""
    head = min(len(data), 256)
    return flip(data[:head], rng) + data[head:]


def number(data: bytes, rng: random.Random) -> bytes:
    """A number of two, four or eight bytes becomes an odd one."""
    width = rng.choice("HIQ")
    packed = struct.pack(rng.choice("<>") + width, rng.choice(_NUMBERS) % 2 ** (8 * _WIDTH[width]))
    at = rng.randrange(max(1, len(data) - 8))
    return data[:at] + packed + data[at + len(packed) :]


_WIDTH = {"H": 2, "I": 4, "Q": 8}


def cut(data: bytes, rng: random.Random) -> bytes:
    """The end is missing."""
    return data[: rng.randrange(len(data))]


def cut_little(data: bytes, rng: random.Random) -> bytes:
    """The last few bytes are missing."""
    return data[: -rng.randint(1, 8)]


def lose(data: bytes, rng: random.Random) -> bytes:
    """A piece in the middle is missing."""
    at = rng.randrange(len(data))
    return data[:at] + data[at + rng.randint(1, 600) :]


def repeat(data: bytes, rng: random.Random) -> bytes:
    """A piece is there many times."""
    at = rng.randrange(len(data))
    piece = data[at : at + rng.randint(1, 400)]
    return data[:at] + piece * rng.randint(2, 200) + data[at:]


def blank(data: bytes, rng: random.Random) -> bytes:
    """A sector is zeros."""
    at, length = rng.randrange(len(data)), rng.randint(1, 512)
    return (data[:at] + bytes(length) + data[at + length :])[: len(data)]


def move(data: bytes, rng: random.Random) -> bytes:
    """A piece is somewhere else."""
    at, to = rng.randrange(len(data)), rng.randrange(len(data))
    piece = data[at : at + rng.randint(1, 400)]
    rest = data[:at] + data[at + len(piece) :]
    return rest[:to] + piece + rest[to:]


def tail(data: bytes, rng: random.Random) -> bytes:
    """Something follows the end."""
    return data + rng.randbytes(rng.randint(1, 5000))


def value(data: bytes, rng: random.Random) -> bytes:
    """In a line of JSON, a value becomes an odd one, is missing, or stands for its neighbour."""
    lines = data.splitlines()
    at = rng.randrange(len(lines))
    try:
        content = json.loads(lines[at])
    except ValueError:
        return flip(data, rng)
    for _ in range(rng.randint(1, 3)):
        _change(content, rng)
    lines[at] = json.dumps(content).encode()
    return b"\n".join(lines) + b"\n"


def _change(content: object, rng: random.Random) -> None:
    places: list[tuple[dict | list, object]] = []
    left = [content]
    while left:
        each = left.pop()
        keys = list(each) if isinstance(each, dict) else range(len(each))
        places += [(each, key) for key in keys]
        left += [each[key] for key in keys if isinstance(each[key], dict | list)]
    if not places:
        return
    parent, key = rng.choice(places)
    how = rng.randrange(6)
    if how == 0:
        del parent[key]
        return
    if how == 1 and isinstance(parent[key], list):
        parent[key] = parent[key] * rng.choice((2, 100, 4096))
    elif how == 2:
        other, where = rng.choice(places)
        parent[key] = deepcopy(other[where])
    else:
        parent[key] = rng.choice(_VALUES)
    if len(json.dumps(content)) > _LARGEST:
        parent[key] = None


def line(data: bytes, rng: random.Random) -> bytes:
    """A line is missing, twice there, or elsewhere."""
    lines = data.splitlines(keepends=True)
    taken = lines.pop(rng.randrange(len(lines)))
    for _ in range(rng.randrange(3)):
        lines.insert(rng.randint(0, len(lines)), taken)
    return b"".join(lines)


BYTES: tuple[Mutation, ...] = (
    *(flip, flip, flip_early, flip_early, number, number),
    *(cut, cut_little, lose, repeat, blank, move, tail),
)
TEXT: tuple[Mutation, ...] = (value, value, value, value, line, flip, cut)
