"""Manifests: what is written is read again, and whatever else is read is refused by name."""

import contextlib
import json
import math
import random
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from proface import Box, ManifestError
from proface.files.json_fields import MAX_CHARACTERS
from proface.files.manifest import FaceEntry, Made, Manifest
from proface.keys import AgeSlot, Derivation, DirectSlot
from tests.files.manifests import BASE, DIGEST, ODD, SLOT, changed, manifests, paths_of

TEXT = BASE.to_json()
DIRECT = replace(
    BASE, slots=(DirectSlot(Derivation("paper"), b"", bytes(16)),), tag=b"", signature=None
).to_json()


def edited(**fields):
    """The base manifest's text with top-level fields replaced; `...` removes one."""
    content = json.loads(TEXT) | fields
    return json.dumps({name: value for name, value in content.items() if value is not ...})


def in_(*path, value):
    """The same with another value somewhere inside."""
    return changed(TEXT, path, value)


def face(name, value):
    return in_("faces", 0, name, value=value)


def slot(name, value):
    return in_("slots", 0, name, value=value)


def test_the_text_is_what_the_documentation_says():
    content = json.loads(TEXT)
    assert list(content) == [
        *("proface", "profile", "width", "height", "grey", "carrier", "obfuscator", "made", "id"),
        *("scene", "faces", "slots", "signature", "tag"),
    ]
    assert content["proface"] == 2
    assert content["obfuscator"] == {"name": "gaussian", "strength": 8.0}
    assert content["made"] == {"time": "2026-11-27T09:30:00Z", "version": "0.1.0"}
    assert content["id"] == "AAECAwQFBgcICQoLDA0ODw=="
    box = {"x": 0, "y": 0, "width": 50, "height": 80}
    named = {"members": 2, "sha256": DIGEST, "offset": 7, "label": "left"}
    assert content["faces"][0] == box | named | {"commitment": "A" * 43 + "="}
    costs = {"time_cost": 3, "memory_kib": 65_536, "lanes": 4}
    assert content["slots"][0] == {
        "kind": "password",
        "algorithm": "argon2id",
        **costs,
        "salt": "AAECAwQFBgcICQoLDA0ODw==",
        "wrapped": content["slots"][0]["wrapped"],
    }
    assert content["slots"][1] == {"kind": "age", "file": "YWdl"}
    assert content["signature"] == {"signer": "A" * 43 + "=", "value": "A" * 86 + "=="}
    [direct] = json.loads(DIRECT)["slots"]
    assert direct == {
        "kind": "direct",
        "algorithm": "paper",
        **costs,
        "salt": "",
        "picture_salt": "A" * 22 + "==",
    }
    assert TEXT.isascii()
    assert "\n" not in TEXT


@given(manifests())
@settings(max_examples=80, deadline=None)
def test_round_trip(manifest):
    again = Manifest.from_json(manifest.to_json())
    assert again == manifest
    assert again.to_json() == manifest.to_json()
    assert again.tagged == manifest.tagged
    assert again.identifier == manifest.identifier


@given(st.randoms(use_true_random=False))
def test_the_order_of_fields_does_not_matter(rng):
    shuffled = json.dumps(_shuffled(json.loads(TEXT), rng), indent=rng.choice((None, 3)))
    found = Manifest.from_json(shuffled)
    assert found == BASE
    assert (found.tagged, found.vouched) == (BASE.tagged, BASE.vouched)


def _shuffled(value: object, rng: random.Random) -> object:
    if isinstance(value, list):
        return [_shuffled(each, rng) for each in value]
    if not isinstance(value, dict):
        return value
    items = list(value.items())
    rng.shuffle(items)
    return {name: _shuffled(each, rng) for name, each in items}


BAD = [
    ("", "not JSON"),
    ("{", "not JSON"),
    ("[1]", "not a JSON object"),
    ("3", "not a JSON object"),
    ('{"proface":' * 50_000, "not JSON"),
    ("[" * 500_000, "not JSON"),
    ('{"proface":' + "9" * 5000 + "}", "not JSON"),
    (" " * (MAX_CHARACTERS + 1), "more than 1048576"),
    ('{"proface":2,' + TEXT[1:], "'proface' twice"),
    (TEXT.replace('"x":0', '"x":0,"x":0', 1), "'x' twice"),
    (TEXT.replace('"lanes":4', '"lanes":1,"lanes":4', 1), "'lanes' twice"),
    (edited(proface=1), "version 1: .*development version of proface"),
    (edited(proface=3), "version 3: .*newer proface.*upgrade"),
    (edited(proface=10**30), "newer proface.*upgrade"),
    (edited(proface=...), "no 'proface'"),
    (edited(proface=0), "'proface' is 0"),
    (edited(proface=True), "'proface' is True"),
    (edited(proface="2"), "'proface' is '2'"),
    (edited(proface=2.0), "'proface' is 2.0"),
    (edited(comment={"by": "someone"}), "unknown field 'comment'"),
    (in_("obfuscator", "seed", value=1), "unknown field 'obfuscator.seed'"),
    (in_("made", "by", value="me"), "unknown field 'made.by'"),
    (in_("signature", "name", value="me"), "unknown field 'signature.name'"),
    (slot("note", "x" * 5000), r"unknown field 'slots\[0\].note'"),
    (slot("picture_salt", "A" * 22 + "=="), "unknown field"),
    (in_("slots", 1, "salt", value=""), r"unknown field 'slots\[1\].salt'"),
    (edited(profile=...), "no 'profile'"),
    (edited(profile=3), "'profile' is 3"),
    (edited(profile="../secret"), "'profile'"),
    (edited(profile="a\\b"), "'profile'"),
    (edited(profile="a\n"), "'profile'"),
    (edited(profile="-rf"), "'profile'"),
    (edited(profile="naïve"), "'profile'"),
    (edited(profile="x" * 65), "'profile'"),
    (edited(width=True), "'width' is True"),
    (edited(width=100.0), "'width' is 100.0"),
    (edited(width=0), "'width' is 0"),
    (edited(height=-5), "'height' is -5"),
    (edited(height=10**40), "'height' is a huge integer"),
    (edited(grey=1), "'grey' is 1"),
    (edited(carrier="pigeon"), "'carrier' is 'pigeon'"),
    (edited(carrier=None), "'carrier' is None"),
    (edited(obfuscator="gaussian"), "'obfuscator' is 'gaussian'"),
    (in_("obfuscator", "name", value="a b"), "'obfuscator' is 'a b'"),
    (in_("obfuscator", "strength", value="8"), "'obfuscator.strength' is '8'"),
    (in_("obfuscator", "strength", value=True), "'obfuscator.strength' is True"),
    (in_("obfuscator", "strength", value=math.inf), "'obfuscator.strength' is inf"),
    (in_("obfuscator", "strength", value=math.nan), "'obfuscator.strength' is nan"),
    (in_("obfuscator", "strength", value=10**400), "'obfuscator.strength'"),
    (edited(made=...), "no 'made'"),
    (in_("made", "time", value=...), "no 'made.time'"),
    (in_("made", "time", value="yesterday"), "'made.time' is 'yesterday'"),
    (in_("made", "time", value="2026-02-30T00:00:00Z"), "'made.time'"),
    (in_("made", "time", value="2026-11-27T09:30:00+00"), "'made.time'"),
    (in_("made", "time", value="\u0662026-11-27T09:30:00Z"), "'made.time'"),
    (in_("made", "version", value="a b"), "'made.version' is 'a b'"),
    (edited(id=...), "no 'id'"),
    (edited(id="AAEC"), "'id' is '3 bytes'"),
    (edited(id="not base64!"), "'id'.*base64"),
    (edited(id="AAECAwQFBgcICQoLDA0ODx=="), "'id'.*spare"),
    (edited(scene=...), "no 'scene'"),
    (edited(scene=DIGEST.upper()), "'scene'"),
    (edited(tag="AAEC"), "'tag' is '3 bytes'"),
    (edited(tag=None), "'tag' is None"),
    (edited(signature=None), "'signature' is None"),
    (in_("signature", "signer", value="AAEC"), "'signature.signer' is '3 bytes'"),
    (in_("signature", "value", value="AAEC"), "'signature.value' is '3 bytes'"),
    (in_("signature", "value", value=...), "no 'signature.value'"),
    (edited(slots=...), "no 'slots'"),
    (edited(slots={}), "'slots' is a dict"),
    (edited(slots=[]), "0 slots; 1 to 64"),
    (edited(slots=[3]), r"'slots\[0\]' is 3"),
    (edited(slots=[{}] * 65), "'number of slots' is 65"),
    (slot("kind", ...), r"no 'slots\[0\].kind'"),
    (slot("kind", "key"), "password, age or direct"),
    (slot("algorithm", ...), r"no 'slots\[0\].algorithm'"),
    (slot("algorithm", "md5"), "unknown key derivation 'md5'"),
    (slot("algorithm", "\ud800" * 100), "unknown key derivation"),
    (slot("algorithm", "paper"), "paper's profiles only"),
    (slot("time_cost", ...), r"no 'slots\[0\].time_cost'"),
    (slot("time_cost", 10**9), "time_cost = 1000000000"),
    (slot("memory_kib", 10**9), "memory_kib = 1000000000"),
    (slot("memory_kib", 8), "memory_kib = 8"),
    (slot("lanes", 10**9), "lanes = 1000000000"),
    (slot("lanes", None), r"'slots\[0\].lanes' is None"),
    (slot("lanes", True), r"'slots\[0\].lanes' is True"),
    (slot("salt", ""), "16 bytes, not 0"),
    (slot("salt", "=" * 24), r"'slots\[0\].salt'.*base64"),
    (slot("salt", "ä"), r"'slots\[0\].salt'.*base64"),
    (slot("wrapped", "AAEC"), "64 bytes, not 3"),
    (in_("slots", 1, "file", value=""), "1 to 65536 bytes, not 0"),
    (in_("slots", 1, "file", value="A" * 100_000), "1 to 65536 bytes, not 75000"),
    (edited(slots=json.loads(TEXT)["slots"] + json.loads(DIRECT)["slots"]), "beside a direct one"),
    (changed(DIRECT, ("slots", 0, "picture_salt"), "AAEC"), "16 bytes, not 3"),
    (edited(faces=...), "no 'faces'"),
    (edited(faces={}), "'faces' is a dict"),
    (edited(faces=[]), "'number of faces' is 0"),
    (edited(faces=[3]), r"'faces\[0\]' is 3"),
    (edited(faces=[{}] * 4097), "'number of faces' is 4097"),
    (face("x", ...), r"no 'faces\[0\].x'"),
    (face("x", 1.0), r"'faces\[0\].x' is 1.0"),
    (face("y", -1), r"faces\[0\].*y is -1"),
    (face("width", 0), r"faces\[0\].*width is 0"),
    (face("width", 101), "face 0 .*outside the picture of 100 x 80"),
    (face("x", 10**30), "face 0 .*outside the picture"),
    (face("x", 1), "faces 0 and 1 overlap"),
    (face("members", ...), r"no 'faces\[0\].members'"),
    (face("members", 0), "'members' is 0"),
    (face("members", 4097), "'members' is 4097"),
    (face("members", True), "members' is True"),
    (face("sha256", DIGEST[:-1]), "'sha256'"),
    (face("sha256", DIGEST + "\n"), "'sha256'"),
    (face("commitment", "AAEC"), "'commitment' is '3 bytes'"),
    (face("commitment", None), r"'faces\[0\].commitment' is None"),
    (face("offset", True), r"faces\[0\].*'offset' is True"),
    (face("offset", 1.5), r"faces\[0\].*'offset' is 1.5"),
    (face("offset", [1]), r"faces\[0\].*'offset' is a list"),
    (face("offset", 2**63), r"faces\[0\].*'offset'"),
]


@pytest.mark.parametrize(("text", "named"), BAD)
def test_a_bad_field_is_named(text, named):
    with pytest.raises(ManifestError, match=named) as caught:
        Manifest.from_json(text)
    message = str(caught.value)
    assert len(message) < 400
    message.encode()  # what is printed must be valid Unicode


def test_a_manifest_too_long_to_be_read_is_not_written():
    long = FaceEntry(Box(0, 0, 50, 80), DIGEST, {"label": "x" * MAX_CHARACTERS})
    with pytest.raises(ManifestError, match="1048576 are allowed"):
        replace(BASE, faces=(long,)).to_json()


def test_the_largest_manifest_fits_into_the_text():
    """4,096 faces in a picture of 5 digits a side, and all the slots that there may be."""
    boxes = [
        Box(10_000 + 1400 * (i % 64), 10_000 + 1400 * (i // 64), 1120, 1120) for i in range(4096)
    ]
    extra = {"codec": "thumbnail", "bits": 1}
    faces = tuple(FaceEntry(box, DIGEST, extra, 4096, bytes(32)) for box in boxes)
    slots = (SLOT,) * 63 + (AgeSlot(bytes(65_536)),)
    whole = replace(BASE, width=99_999, height=99_999, faces=faces, slots=slots)
    assert Manifest.from_json(whole.to_json()) == whole


def test_an_extra_entry_cannot_take_the_place_of_a_field():
    for name in ("sha256", "commitment", "members", "x"):
        with pytest.raises(ManifestError, match="extra key"):
            FaceEntry(Box(0, 0, 1, 1), DIGEST, {name: DIGEST})


def test_a_manifest_is_made_now_by_this_version():
    made = Made.now()
    assert made.time[:2] == "20"
    assert made.version == "0.1.0"


def test_a_manifest_is_loaded_from_a_file(tmp_path):
    path = tmp_path / "out.png.proface.json"
    path.write_text(TEXT)
    assert Manifest.load(path) == BASE
    path.write_bytes(b"\xef\xbb\xbf" + TEXT.encode())  # as some editors save it
    assert Manifest.load(path) == BASE


def test_bad_files_are_refused_by_name(tmp_path):
    path = tmp_path / "bad.json"
    for content in (b"", b"\xff\xfe", b" " * (MAX_CHARACTERS + 10), edited(width=0).encode()):
        path.write_bytes(content)
        with pytest.raises(ManifestError, match=r"bad\.json"):
            Manifest.load(path)
    for missing in (tmp_path / "missing.json", tmp_path):
        with pytest.raises(ManifestError, match="cannot read the manifest"):
            Manifest.load(missing)


@given(st.data())
@settings(max_examples=150, deadline=None)
def test_odd_values_anywhere_parse_or_are_refused(data):
    text = TEXT
    for _ in range(data.draw(st.integers(1, 2))):
        path = data.draw(st.sampled_from(list(paths_of(json.loads(text)))))
        text = changed(text, path, data.draw(ODD))
    with contextlib.suppress(ManifestError):
        assert isinstance(Manifest.from_json(text), Manifest)


@given(st.data())
@settings(max_examples=150, deadline=None)
def test_damaged_texts_parse_or_are_refused(data):
    text = TEXT
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(text)))
        end = data.draw(st.integers(start, min(len(text), start + 8)))
        text = text[:start] + data.draw(st.text(max_size=4)) + text[end:]
    with contextlib.suppress(ManifestError):
        assert isinstance(Manifest.from_json(text), Manifest)
