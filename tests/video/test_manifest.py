"""Header and entries: there and back, and what a stranger may put in them."""

import json
import tracemalloc
from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from proface import Key
from proface.errors import ManifestError
from proface.faces.boxes import MAX_FACES, Box
from proface.files.manifest import FaceEntry, Manifest
from proface.keys import Derivation
from proface.video.manifest import MAX_KEY_FRAMES, ClipManifest, FrameEntry

BOXES = st.builds(
    Box, st.integers(0, 10**6), st.integers(0, 10**6), st.integers(1, 10**6), st.integers(1, 10**6)
)
DIGESTS = st.binary(min_size=32, max_size=32).map(bytes.hex)
EXTRAS = st.dictionaries(st.sampled_from(["codec", "bits", "attempt"]), st.integers(0, 99))


def record(**changes: object) -> ClipManifest:
    picture = Manifest(
        profile="sealed",
        width=160,
        height=120,
        obfuscator="gaussian",
        strength=None,
        derivation=Derivation(),
        salt=bytes(16),
        picture_salt=bytes(range(16)),
        faces=(FaceEntry(Box(0, 0, 160, 120), "0" * 64),),
    )
    return replace(ClipManifest(picture, Fraction(1, 30000)), **changes)


@given(
    st.integers(0, 2**53 - 1),
    st.integers(-(2**63) + 1, 2**63 - 1),
    st.lists(st.builds(FaceEntry, BOXES, DIGESTS, EXTRAS), max_size=4).map(tuple),
    st.lists(BOXES, max_size=4).map(tuple),
)
@settings(max_examples=50, deadline=None)
def test_entries_come_back(
    number: int, pts: int, faces: tuple[FaceEntry, ...], plain: tuple[Box, ...]
) -> None:
    entry = FrameEntry(number, pts, faces, plain)
    text = entry.to_json()
    assert "\n" not in text
    assert text.isascii()
    assert FrameEntry.from_json(text) == entry


@given(st.integers(1, 10**9), st.integers(1, 10**9), st.fractions(-(10**6), 10**6), st.integers(1))
@settings(max_examples=50, deadline=None)
def test_headers_come_back(over: int, under: int, origin: Fraction, key_frames: int) -> None:
    made = record(
        time_base=min(Fraction(over, under), Fraction(1000)),
        origin=origin.limit_denominator(10**9),
        key_frames=min(key_frames, MAX_KEY_FRAMES),
    )
    assert ClipManifest.from_json(made.to_json()) == made


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"proface_video": 2}, "version"),
        ({"picture": None}, "picture"),
        ({"picture": {"proface": 1}}, "width"),
        ({"time_base": [1, 0]}, "time_base"),
        ({"time_base": [0, 1]}, "time_base"),
        ({"time_base": [1.5, 2]}, "time_base"),
        ({"time_base": [True, 2]}, "time_base"),
        ({"time_base": [10**400, 1]}, "time_base"),
        ({"origin": "0"}, "origin"),
        ({"key_frames": 0}, "key_frames"),
        ({"key_frames": True}, "key_frames"),
        ({"key_frames": 2**16 + 1}, "65536"),
        ({"key_frames": 2**31}, "65536"),
        ({"key_frames": 2**63}, "65536"),
    ],
)
def test_bad_headers(change: dict[str, object], word: str) -> None:
    text = json.dumps(json.loads(record().to_json()) | change)
    with pytest.raises(ManifestError, match=word):
        ClipManifest.from_json(text)


def test_a_header_cannot_ask_for_a_costly_derivation() -> None:
    content = json.loads(record().to_json())
    content["picture"]["derivation"]["memory_kib"] = 2**40
    with pytest.raises(ManifestError, match="memory_kib"):
        ClipManifest.from_json(json.dumps(content))


@pytest.mark.parametrize(
    "change",
    [
        {"n": -1},
        {"n": 2**53},
        {"n": "1"},
        {"n": True},
        {"pts": 0.5},
        {"pts": 2**63},
        {"faces": {}},
        {"faces": [1]},
        {"faces": [[0, 0, 1, 1, "AA==", {}]]},
        {"faces": [[0, 0, 1, 1, "?" * 44, {}]]},
        {"faces": [[0, 0, 0, 1, "A" * 43 + "=", {}]]},
        {"faces": [[0, 0, 1, 1, "A" * 43 + "=", {"bits": []}]]},
        {"faces": [[0, 0, 1, 1, "A" * 43 + "=", []]]},
        {"faces": [[True, 0, 1, 1, "A" * 43 + "=", {}]]},
        {"plain": [[0, 0, 1]]},
        {"plain": [[0, 0, 1, 10**30]]},
        {"plain": [[0, 0, 1, 1]] * (MAX_FACES + 1)},
    ],
)
def test_bad_entries(change: dict[str, object]) -> None:
    with pytest.raises(ManifestError):
        FrameEntry.from_json(json.dumps({"n": 0, "pts": 0} | change))


@pytest.mark.parametrize("text", ["", "[]", "{", "null", '{"n":0}', "[" * 100_000])
def test_what_is_no_entry(text: str) -> None:
    with pytest.raises(ManifestError):
        FrameEntry.from_json(text)


def test_a_long_entry_is_refused_before_it_is_parsed() -> None:
    text = '{"n":0,"pts":0,"plain":[' + ",".join(["[]"] * 10**6) + "]}"
    tracemalloc.start()
    with pytest.raises(ManifestError, match="more than"):
        FrameEntry.from_json(text)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 10**6


def test_what_a_seal_is_bound_to_differs_for_every_frame_time_clip_and_face() -> None:
    made = record()
    frame = made.frame([Box(0, 0, 32, 32), Box(40, 40, 32, 32)])
    other = made.frame([Box(0, 0, 32, 32), Box(40, 42, 32, 32)])
    bound = [
        made.associated(frame, 0, 0, 0),
        made.associated(frame, 0, 0, 1),
        made.associated(frame, 1, 0, 0),
        made.associated(frame, 0, 1, 0),
        made.associated(other, 0, 0, 0),
        record(key_frames=2).associated(frame, 0, 0, 0),
        record(time_base=Fraction(1, 1000)).associated(frame, 0, 0, 0),
    ]
    assert len(set(bound)) == len(bound)
    again = ClipManifest.from_json(made.to_json())
    assert again.associated(again.frame(frame.faces), 0, 0, 0) == bound[0]


def test_milliseconds_are_counted_from_the_origin() -> None:
    made = record(origin=Fraction(-1, 10))
    assert made.milliseconds(0) == 100
    assert made.milliseconds(1001) == 133


def test_a_clip_s_key_is_its_own() -> None:
    key = Key.from_bytes(bytes(32))
    assert record().clip_key(key).map(0, 8, 8).tolist() != key.map(0, 8, 8).tolist()
