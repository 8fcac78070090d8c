"""Manifests that tests make, and ways to change their text."""

import json
from collections.abc import Iterator
from dataclasses import replace

from hypothesis import strategies as st

from proface import Box, Derivation
from proface.files.manifest import FACE_KEYS, FaceEntry, Made, Manifest
from proface.keys import AgeSlot, DirectSlot, PasswordSlot, Signature

DIGEST = "0123456789abcdef" * 4
MADE = Made("2026-11-27T09:30:00Z", "0.1.0")
SLOT = PasswordSlot(Derivation(), bytes(range(16)), bytes(range(64)))
BASE = Manifest(
    profile="sealed",
    width=100,
    height=80,
    obfuscator="gaussian",
    strength=8.0,
    made=MADE,
    picture_id=bytes(range(16)),
    scene=DIGEST,
    faces=(
        FaceEntry(Box(0, 0, 50, 80), DIGEST, {"offset": 7, "label": "left"}, 2, bytes(32)),
        FaceEntry(Box(50, 0, 50, 80), DIGEST[::-1], commitment=bytes(32)),
    ),
    slots=(SLOT, AgeSlot(b"age")),
    signature=Signature(bytes(32), bytes(64)),
    tag=bytes(32),
)

ODD = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=5)
    | st.lists(st.integers(), max_size=2)
    | st.dictionaries(st.text(max_size=3), st.integers(), max_size=2)
)
"""What a field of a manifest never is, or hardly ever."""


def paths_of(value: object, path: tuple = ()) -> Iterator[tuple]:
    """Every place in nested lists and dictionaries."""
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for key, inner in items:
        yield (*path, key)
        if isinstance(inner, dict | list):
            yield from paths_of(inner, (*path, key))


def changed(text: str, path: tuple, value: object) -> str:
    """A manifest's text with another value in one place; `...` removes it."""
    content = json.loads(text)
    place = content
    for key in path[:-1]:
        place = place[key]
    if value is ...:
        del place[path[-1]]
    else:
        place[path[-1]] = value
    return json.dumps(content)


def at(content: object, path: tuple) -> object:
    """The value of a place."""
    for key in path:
        content = content[key]
    return content


_NAMES = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9-]{0,20}", fullmatch=True)
_IDS = st.binary(min_size=16, max_size=16)
_DIGESTS = st.text("0123456789abcdef", min_size=64, max_size=64)
_BYTES32 = st.binary(min_size=32, max_size=32)
_EXTRA = st.dictionaries(
    st.text().filter(lambda name: name not in FACE_KEYS),
    st.text() | st.integers(-(2**63) + 1, 2**63 - 1),
    max_size=3,
)
_COSTS = st.builds(
    Derivation, st.just("argon2id"), st.integers(1, 3), st.integers(128, 2**18), st.integers(1, 16)
)
_PASSWORDS = st.builds(PasswordSlot, _COSTS, _IDS, st.binary(min_size=64, max_size=64)) | st.builds(
    PasswordSlot, st.just(Derivation("none")), st.just(b""), st.binary(min_size=64, max_size=64)
)
_AGES = st.builds(AgeSlot, st.binary(min_size=1, max_size=200))
_DIRECTS = st.builds(DirectSlot, _COSTS, _IDS, _IDS) | st.builds(
    DirectSlot, st.just(Derivation("paper")), st.just(b"") | _IDS, _IDS
)
SLOTS = st.lists(_PASSWORDS | _AGES, min_size=1, max_size=4) | st.tuples(_DIRECTS)


@st.composite
def manifests(draw: st.DrawFn) -> Manifest:
    """Faces stand side by side, so that they are disjoint."""
    widths = draw(st.lists(st.integers(1, 500), min_size=1, max_size=5))
    height = draw(st.integers(1, 500))
    boxes = [Box(sum(widths[:i]), 0, width, height) for i, width in enumerate(widths)]
    faces = [
        FaceEntry(
            box,
            draw(_DIGESTS),
            draw(_EXTRA),
            draw(st.integers(1, 4096)),
            draw(st.just(b"") | _BYTES32),
        )
        for box in boxes
    ]
    signatures = st.builds(Signature, _BYTES32, st.binary(min_size=64, max_size=64))
    return replace(
        BASE,
        profile=draw(_NAMES),
        width=sum(widths) + draw(st.integers(0, 9)),
        height=height + draw(st.integers(0, 9)),
        obfuscator=draw(_NAMES),
        strength=draw(st.none() | st.floats(0, 1000)),
        made=Made(draw(st.datetimes()).strftime("%Y").zfill(4) + "-01-31T23:59:59Z", "1.0.dev1+x"),
        picture_id=draw(_IDS),
        scene=draw(_DIGESTS),
        faces=tuple(faces),
        slots=tuple(draw(SLOTS)),
        grey=draw(st.booleans()),
        carrier=draw(st.sampled_from(["pixels", "file"])),
        signature=draw(st.none() | signatures),
        tag=draw(st.just(b"") | _BYTES32),
    )
