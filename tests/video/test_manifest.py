"""Header and entries: there and back, and what a stranger may put in them."""

import base64
import json
import tracemalloc
from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from proface import Derivation, Key
from proface.errors import AuthenticityError, ManifestError
from proface.faces.boxes import MAX_FACES, Box
from proface.files.manifest import Made, Manifest
from proface.keys import PasswordSlot, PictureKey, Signature
from proface.video.binding import FrameBinding
from proface.video.chain import Chain
from proface.video.entries import ClipFace, EndRecord, FrameEntry, read
from proface.video.manifest import MAX_KEY_FRAMES, ClipManifest, stand_in

BOXES = st.builds(
    Box, st.integers(0, 10**6), st.integers(0, 10**6), st.integers(1, 10**6), st.integers(1, 10**6)
)
DIGESTS = st.binary(min_size=32, max_size=32)
EXTRAS = st.dictionaries(st.sampled_from(["codec", "bits", "attempt"]), st.integers(0, 99))
DIGEST = base64.b64encode(bytes(32)).decode()
MASTER = Key.from_bytes(bytes(32))
CLIP_KEY = PictureKey.from_bytes(bytes(range(32)))


@st.composite
def clip_faces(draw: st.DrawFn) -> tuple[ClipFace, ...]:
    """Up to four regions that hold one to three tracked faces each, no face twice."""
    tracks = iter(draw(st.permutations(range(12))))
    faces = []
    for _ in range(draw(st.integers(0, 4))):
        held = tuple(next(tracks) for _ in range(draw(st.integers(1, 3))))
        secret = draw(st.booleans())
        shared = draw(st.binary(min_size=48, max_size=48))
        faces.append(
            ClipFace(
                draw(BOXES),
                draw(DIGESTS),
                draw(EXTRAS),
                held,
                draw(DIGESTS) if secret else b"",
                (shared,) * (len(held) - 1) if secret else (),
            )
        )
    return tuple(faces)


def record(**changes: object) -> ClipManifest:
    faces = stand_in(160, 120)
    picture = Manifest(
        profile="sealed",
        width=160,
        height=120,
        obfuscator="gaussian",
        strength=None,
        made=Made("2026-11-27T09:30:00Z", "0.1.0"),
        picture_id=bytes(range(16)),
        scene=faces[0].sha256,
        faces=faces,
        slots=(PasswordSlot(MASTER.derivation, MASTER.salt, MASTER.wrap(CLIP_KEY)),),
    )
    return replace(ClipManifest(picture, Fraction(1, 30000)), **changes)


@given(
    st.integers(0, 2**53 - 1),
    st.integers(-(2**63) + 1, 2**63 - 1),
    DIGESTS,
    clip_faces(),
    st.lists(BOXES, max_size=4).map(tuple),
    st.sampled_from([b"", bytes(16)]),
)
@settings(max_examples=50, deadline=None)
def test_entries_come_back(
    number: int,
    pts: int,
    scene: bytes,
    faces: tuple[ClipFace, ...],
    plain: tuple[Box, ...],
    mac: bytes,
) -> None:
    entry = FrameEntry(number, pts, scene, faces, plain, mac)
    text = entry.to_json()
    assert "\n" not in text
    assert text.isascii()
    assert read(text) == entry


@given(
    st.integers(0, 2**53),
    DIGESTS,
    st.sampled_from([None, Signature(bytes(32), bytes(range(64)))]),
    st.sampled_from([b"", bytes(16)]),
)
@settings(max_examples=20, deadline=None)
def test_end_records_come_back(
    frames: int, digest: bytes, signature: Signature | None, mac: bytes
) -> None:
    end = EndRecord(frames, digest, signature, mac)
    assert read(end.to_json()) == end


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
        ({"proface_video": 1}, "development version"),
        ({"proface_video": 3}, "newer proface"),
        ({"proface_video": 0}, "version"),
        ({"picture": None}, "picture"),
        ({"picture": {"profile": "sealed"}}, "width"),
        ({"picture": {"faces": []}}, "unknown field 'picture.faces'"),
        ({"picture": {"slots": []}}, "unknown field 'picture.slots'"),
        ({"picture": {"tag": DIGEST}}, "unknown field 'picture.tag'"),
        ({"title": "x"}, "unknown field 'title'"),
        ({"slots": []}, "0 slots"),
        ({"slots": [{"kind": "age", "file": "AAAA"}] * 65}, "number of slots"),
        ({"slots": [{"kind": "post-it"}]}, "kind"),
        ({"tag": "AAAA"}, "tag"),
        ({"tag": 1}, "tag"),
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
    content["slots"][0]["memory_kib"] = 2**40
    with pytest.raises(ManifestError, match="memory_kib"):
        ClipManifest.from_json(json.dumps(content))


FACE = [0, 0, 1, 1, DIGEST, {}, [0], DIGEST, []]


def face(**changes: object) -> list[object]:
    """A face's JSON with some of its parts exchanged, by their places."""
    return [changes.get(f"at{place}", part) for place, part in enumerate(FACE)]


@pytest.mark.parametrize(
    "change",
    [
        {"n": -1},
        {"n": 2**53},
        {"n": "1"},
        {"n": True},
        {"pts": 0.5},
        {"pts": 2**63},
        {"scene": None},
        {"scene": "AAAA"},
        {"scene": "?" * 44},
        {"mac": "AAAA"},
        {"mac": DIGEST},
        {"mac": None},
        {"time": 1},
        {"faces": {}},
        {"faces": [1]},
        {"faces": [FACE[:8]]},
        {"faces": [[*FACE, 0]]},
        {"faces": [face(at4="AA==")]},
        {"faces": [face(at4="?" * 44)]},
        {"faces": [face(at4=7)]},
        {"faces": [face(at2=0)]},
        {"faces": [face(at0=True)]},
        {"faces": [face(at5={"bits": []})]},
        {"faces": [face(at5=[])]},
        {"faces": [face(at6=[])]},
        {"faces": [face(at6=0)]},
        {"faces": [face(at6=[-1])]},
        {"faces": [face(at6=[True])]},
        {"faces": [face(at6=["0"])]},
        {"faces": [face(at6=[2**32])]},
        {"faces": [face(at6=[0, 1])]},
        {"faces": [face(at6=[0, 0], at8=["A" * 64])]},
        {"faces": [face(at6=[0, 1], at8=["A" * 60])]},
        {"faces": [face(at6=[0, 1], at7="", at8=["A" * 64])]},
        {"faces": [face(at6=list(range(MAX_FACES + 1)))]},
        {"faces": [face(at7="AAAA")]},
        {"faces": [face(at8=["A" * 64])]},
        {"faces": [face(at8=0)]},
        {"faces": [FACE, face(at0=9)]},
        {"plain": [[0, 0, 1]]},
        {"plain": [[0, 0, 1, 10**30]]},
        {"plain": [[0, 0, 1, 1]] * (MAX_FACES + 1)},
    ],
)
def test_bad_entries(change: dict[str, object]) -> None:
    sound = {"n": 0, "pts": 0, "scene": DIGEST, "faces": [FACE]}
    read(json.dumps(sound))
    with pytest.raises(ManifestError):
        read(json.dumps(sound | change))


@pytest.mark.parametrize(
    "change",
    [
        {"end": -1},
        {"end": 2**53 + 1},
        {"end": True},
        {"sha256": "AAAA"},
        {"mac": "AAAA"},
        {"n": 0},
        {"signature": "me"},
        {"signature": {"signer": DIGEST, "value": DIGEST}},
    ],
)
def test_bad_end_records(change: dict[str, object]) -> None:
    sound = {"end": 3, "sha256": DIGEST}
    read(json.dumps(sound))
    with pytest.raises(ManifestError):
        read(json.dumps(sound | change))


@pytest.mark.parametrize("text", ["", "[]", "{", "null", '{"n":0}', "[" * 100_000])
def test_what_is_no_entry(text: str) -> None:
    with pytest.raises(ManifestError):
        read(text)


def test_a_long_entry_is_refused_before_it_is_parsed() -> None:
    text = '{"n":0,"pts":0,"plain":[' + ",".join(["[]"] * 10**6) + "]}"
    tracemalloc.start()
    with pytest.raises(ManifestError, match="more than"):
        read(text)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 10**6


def test_an_entry_that_could_not_be_read_is_not_written() -> None:
    extra = {f"name{number}": "x" * 250 for number in range(5000)}
    entry = FrameEntry(0, 0, bytes(32), (ClipFace(Box(0, 0, 2, 2), bytes(32), extra),))
    with pytest.raises(ManifestError, match="characters"):
        entry.to_json()


def test_what_a_seal_is_bound_to_differs_for_every_frame_time_scene_clip_and_face() -> None:
    made = record()

    def entry(**changes: object) -> FrameEntry:
        places = (Box(0, 0, 32, 32), Box(40, 40, 32, 32))
        faces = tuple(ClipFace(box, bytes(32), tracks=(i,)) for i, box in enumerate(places))
        return replace(FrameEntry(0, 0, bytes(32), faces), **changes)

    other = ClipFace(Box(40, 42, 32, 32), bytes(32), tracks=(1,))
    bound = [
        FrameBinding(made, entry()).associated(0),
        FrameBinding(made, entry()).associated(1),
        FrameBinding(made, entry(number=1)).associated(0),
        FrameBinding(made, entry(pts=1)).associated(0),
        FrameBinding(made, entry(scene=bytes(31) + b"1")).associated(0),
        FrameBinding(made, entry(faces=(*entry().faces[:1], other))).associated(0),
        FrameBinding(record(key_frames=2), entry()).associated(0),
        FrameBinding(record(time_base=Fraction(1, 1000)), entry()).associated(0),
    ]
    assert len(set(bound)) == len(bound)
    again = ClipManifest.from_json(made.to_json())
    assert FrameBinding(again, entry()).associated(0) == bound[0]


def test_the_identifier_stays_when_slots_change_and_the_tag_does_not() -> None:
    made = record().tagged(CLIP_KEY)
    slot = PasswordSlot(MASTER.derivation, MASTER.salt, MASTER.wrap(CLIP_KEY))
    other = replace(made, picture=replace(made.picture, slots=(slot,)))
    assert other.identifier == made.identifier
    assert made.open(MASTER) == CLIP_KEY
    with pytest.raises(AuthenticityError):
        other.open(MASTER)
    assert other.tagged(CLIP_KEY).open(MASTER) == CLIP_KEY


def test_a_costly_derivation_comes_from_no_header() -> None:
    slot = PasswordSlot(Derivation(time_cost=16, memory_kib=2**20), bytes(16), bytes(64))
    with pytest.raises(ManifestError, match="work"):
        replace(record().picture, slots=(slot, slot))


def chained(count: int = 6) -> list[FrameEntry]:
    chain = Chain(record(), CLIP_KEY)
    return [chain.add(FrameEntry(number, 100 * number, bytes(32))) for number in range(count)]


def checked(entries: list[FrameEntry], key: PictureKey = CLIP_KEY, **changes: object) -> list[bool]:
    chain = Chain(record(**changes), key)
    return [chain.check(entry) for entry in entries]


def test_the_chain_knows_its_entries_and_finds_its_feet_again() -> None:
    entries = chained()
    assert checked(entries) == [True] * 6
    assert checked([*entries[:2], *entries[3:]]) == [True, True, False, True, True]
    assert checked([*entries[:3], entries[2], *entries[3:]])[3:5] == [False, True]
    swapped = [entries[0], entries[2], entries[1], *entries[3:]]
    assert checked(swapped) == [True, False, False, False, True, True]
    changed = [entries[0], replace(entries[1], pts=101), *entries[2:]]
    assert checked(changed) == [True, False, True, True, True, True]
    bare = [entries[0], replace(entries[1], mac=b""), *entries[2:]]
    assert checked(bare) == [True, False, False, True, True, True]
    assert not any(checked(entries, PictureKey.generate()))
    assert not any(checked(entries, key_frames=2))


def test_the_end_record_counts_and_sums_up() -> None:
    chain = Chain(record(), CLIP_KEY)
    for number in range(3):
        chain.add(FrameEntry(number, number, bytes(32)))
    end = chain.end(None)
    assert chain.check_end(end) == ""
    for change in ({"frames": 2}, {"digest": bytes(32)}, {"mac": bytes(16)}, {"mac": b""}):
        assert chain.check_end(replace(end, **change))


def test_milliseconds_are_counted_from_the_origin() -> None:
    made = record(origin=Fraction(-1, 10))
    assert made.milliseconds(0) == 100
    assert made.milliseconds(1001) == 133
