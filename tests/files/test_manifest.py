"""Manifests: what is written is read again, and whatever else is read is refused by name."""

import contextlib
import json
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from proface.errors import ManifestError
from proface.faces.boxes import Box
from proface.files.manifest import MAX_CHARACTERS, FaceEntry, Manifest
from proface.keys import Derivation

DIGEST = "0123456789abcdef" * 4
BASE = Manifest(
    profile="paper-randwr",
    width=100,
    height=80,
    obfuscator="gaussian",
    strength=8.0,
    derivation=Derivation(),
    salt=bytes(range(16)),
    picture_salt=bytes(range(16, 32)),
    faces=(
        FaceEntry(Box(0, 0, 50, 80), DIGEST, {"offset": 7, "label": "left"}),
        FaceEntry(Box(50, 0, 50, 80), DIGEST[::-1]),
    ),
)


def edited(**fields):
    """The base manifest's text with top-level fields replaced; `...` removes one."""
    content = json.loads(BASE.to_json()) | fields
    return json.dumps({name: value for name, value in content.items() if value is not ...})


def with_part(part, **fields):
    content = json.loads(BASE.to_json())[part] | fields
    return edited(**{part: {name: value for name, value in content.items() if value is not ...}})


def with_face(**fields):
    first, second = json.loads(BASE.to_json())["faces"]
    first |= fields
    return edited(faces=[{k: v for k, v in first.items() if v is not ...}, second])


def test_the_text_is_what_the_documentation_says():
    content = json.loads(BASE.to_json())
    assert content["proface"] == 1
    assert content["obfuscator"] == {"name": "gaussian", "strength": 8.0}
    assert content["derivation"]["salt"] == "AAECAwQFBgcICQoLDA0ODw=="
    assert content["faces"][0] == {
        "x": 0,
        "y": 0,
        "width": 50,
        "height": 80,
        "sha256": DIGEST,
        "offset": 7,
        "label": "left",
    }
    assert BASE.to_json().isascii()
    assert "\n" not in BASE.to_json()


NAMES = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9-]{0,20}", fullmatch=True)
SALTS = st.binary(min_size=16, max_size=16)
EXTRA = st.dictionaries(
    st.text().filter(lambda name: name not in ("x", "y", "width", "height", "sha256")),
    st.text() | st.integers(-(2**63) + 1, 2**63 - 1),
    max_size=3,
)


@st.composite
def manifests(draw):
    """Faces stand side by side, so that they are disjoint."""
    widths = draw(st.lists(st.integers(1, 500), min_size=1, max_size=5))
    height = draw(st.integers(1, 500))
    boxes = [Box(sum(widths[:i]), 0, width, height) for i, width in enumerate(widths)]
    digests = st.text("0123456789abcdef", min_size=64, max_size=64)
    algorithm = draw(st.sampled_from(["argon2id", "paper", "none"]))
    return Manifest(
        profile=draw(NAMES),
        width=sum(widths) + draw(st.integers(0, 9)),
        height=height + draw(st.integers(0, 9)),
        obfuscator=draw(NAMES),
        strength=draw(st.none() | st.floats(0, 1000)),
        derivation=Derivation(algorithm, draw(st.integers(1, 16)), draw(st.integers(128, 2**20))),
        salt=draw(SALTS) if algorithm == "argon2id" else b"",
        picture_salt=draw(SALTS),
        faces=tuple(FaceEntry(box, draw(digests), draw(EXTRA)) for box in boxes),
        grey=draw(st.booleans()),
    )


@given(manifests())
@settings(max_examples=60, deadline=None)
def test_round_trip(manifest):
    assert Manifest.from_json(manifest.to_json()) == manifest


def test_unknown_top_level_keys_are_ignored():
    assert Manifest.from_json(edited(comment={"by": "someone"})) == BASE


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("", "not JSON"),
        ("{", "not JSON"),
        ("[1]", "not a JSON object"),
        ("3", "not a JSON object"),
        ('{"proface":' * 50_000, "not JSON"),
        ("[" * 500_000, "not JSON"),
        ('{"proface":' + "9" * 5000 + "}", "not JSON"),
        (" " * (MAX_CHARACTERS + 1), "more than 1048576"),
        (edited(proface=2), "newer proface.*upgrade"),
        (edited(proface=10**30), "newer proface.*upgrade"),
        (edited(proface=...), "no 'proface'"),
        (edited(proface=0), "'proface' is 0"),
        (edited(proface=True), "'proface' is True"),
        (edited(proface="1"), "'proface' is '1'"),
        (edited(proface=1.0), "'proface' is 1.0"),
        (edited(profile=...), "no 'profile'"),
        (edited(profile=3), "'profile' is 3"),
        (edited(profile=""), "'profile' is ''"),
        (edited(profile="../secret"), "'profile'"),
        (edited(profile="a/b"), "'profile'"),
        (edited(profile="a\\b"), "'profile'"),
        (edited(profile=".."), "'profile'"),
        (edited(profile="C:"), "'profile'"),
        (edited(profile="a\n"), "'profile'"),
        (edited(profile="-rf"), "'profile'"),
        (edited(profile="naïve"), "'profile'"),
        (edited(profile="x" * 65), "'profile'"),
        (edited(width=...), "no 'width'"),
        (edited(width=True), "'width' is True"),
        (edited(width=100.0), "'width' is 100.0"),
        (edited(width="100"), "'width' is '100'"),
        (edited(width=0), "'width' is 0"),
        (edited(height=-5), "'height' is -5"),
        (edited(height=10**40), "'height' is a huge integer"),
        (edited(grey=...), "no 'grey'"),
        (edited(grey=1), "'grey' is 1"),
        (edited(carrier=...), "no 'carrier'"),
        (edited(carrier="pigeon"), "'carrier' is 'pigeon'"),
        (edited(carrier=None), "'carrier' is None"),
        (edited(obfuscator=...), "no 'obfuscator'"),
        (edited(obfuscator="gaussian"), "'obfuscator' is 'gaussian'"),
        (with_part("obfuscator", name=...), "no 'obfuscator.name'"),
        (with_part("obfuscator", name=None), "'obfuscator.name' is None"),
        (with_part("obfuscator", name="a b"), "'obfuscator' is 'a b'"),
        (with_part("obfuscator", strength="8"), "'obfuscator.strength' is '8'"),
        (with_part("obfuscator", strength=True), "'obfuscator.strength' is True"),
        (with_part("obfuscator", strength=math.inf), "'obfuscator.strength' is inf"),
        (with_part("obfuscator", strength=math.nan), "'obfuscator.strength' is nan"),
        (with_part("obfuscator", strength=10**400), "'obfuscator.strength'"),
        (edited(derivation=[]), "'derivation' is a list"),
        (edited(derivation=...), "no 'derivation'"),
        (with_part("derivation", algorithm=...), "no 'derivation.algorithm'"),
        (with_part("derivation", algorithm="md5"), "unknown key derivation 'md5'"),
        (with_part("derivation", algorithm="\ud800"), "'derivation.algorithm'"),
        (with_part("derivation", algorithm=["none"]), "'derivation.algorithm'"),
        (with_part("derivation", time_cost=...), "no 'derivation.time_cost'"),
        (with_part("derivation", time_cost=10**9), "time_cost = 1000000000"),
        (with_part("derivation", memory_kib=10**9), "memory_kib = 1000000000"),
        (with_part("derivation", memory_kib=8), "memory_kib = 8"),
        (with_part("derivation", lanes=10**9), "lanes = 1000000000"),
        (with_part("derivation", lanes=None), "'derivation.lanes' is None"),
        (with_part("derivation", lanes=True), "'derivation.lanes' is True"),
        (with_part("derivation", salt=...), "no 'derivation.salt'"),
        (with_part("derivation", salt=""), "'derivation.salt'.*16 bytes"),
        (with_part("derivation", salt="AAEC"), "'derivation.salt'.*16 bytes"),
        (with_part("derivation", salt="AAEC", algorithm="none"), "'derivation.salt'.*16 bytes"),
        (with_part("derivation", salt="not base64!"), "'derivation.salt'.*base64"),
        (with_part("derivation", salt="ä"), "'derivation.salt'.*base64"),
        (with_part("derivation", salt=16), "'derivation.salt' is 16"),
        (edited(picture_salt=...), "no 'picture_salt'"),
        (edited(picture_salt=""), "'picture_salt'.*16 bytes"),
        (edited(picture_salt="AAEC"), "'picture_salt'.*16 bytes"),
        (edited(picture_salt="="), "'picture_salt'.*base64"),
        (edited(faces=...), "no 'faces'"),
        (edited(faces={}), "'faces' is a dict"),
        (edited(faces=[]), "'number of faces' is 0"),
        (edited(faces=[3]), r"'faces\[0\]' is 3"),
        (edited(faces=[{}] * 4097), "'number of faces' is 4097"),
        (with_face(x=...), r"no 'faces\[0\].x'"),
        (with_face(x=1.0), r"'faces\[0\].x' is 1.0"),
        (with_face(x=True), r"'faces\[0\].x' is True"),
        (with_face(y=-1), r"faces\[0\].*y is -1"),
        (with_face(width=0), r"faces\[0\].*width is 0"),
        (with_face(width=101), "face 0 .*outside the picture of 100 x 80"),
        (with_face(y=1), "face 0 .*outside the picture of 100 x 80"),
        (with_face(x=10**30), "face 0 .*outside the picture"),
        (with_face(x=1), "faces 0 and 1 overlap"),
        (with_face(sha256=...), r"no 'faces\[0\].sha256'"),
        (with_face(sha256=DIGEST.upper()), "'sha256'"),
        (with_face(sha256=DIGEST[:-1]), "'sha256'"),
        (with_face(sha256=DIGEST + "\n"), "'sha256'"),
        (with_face(sha256=None), "sha256' is None"),
        (with_face(offset=None), r"faces\[0\].*'offset' is None"),
        (with_face(offset=True), r"faces\[0\].*'offset' is True"),
        (with_face(offset=1.5), r"faces\[0\].*'offset' is 1.5"),
        (with_face(offset=[1]), r"faces\[0\].*'offset' is a list"),
        (with_face(offset=2**63), r"faces\[0\].*'offset'"),
    ],
)
def test_a_bad_field_is_named(text, named):
    with pytest.raises(ManifestError, match=named) as caught:
        Manifest.from_json(text)
    message = str(caught.value)
    assert len(message) < 400
    message.encode()  # what is printed must be valid Unicode


@pytest.mark.parametrize("algorithm", ["none", "paper"])
def test_derivations_without_salt_need_none(algorithm):
    manifest = Manifest.from_json(with_part("derivation", algorithm=algorithm, salt=""))
    assert manifest.salt == b""


def test_most_faces_are_checked_in_good_time_and_fit_into_the_text():
    faces = tuple(FaceEntry(Box(10 * i, 0, 10, 80), DIGEST) for i in range(4096))
    manifest = Manifest(**(vars(BASE) | {"width": 40_960, "faces": faces}))
    assert len(Manifest.from_json(manifest.to_json()).faces) == 4096


def test_a_manifest_too_long_to_be_read_is_not_written():
    face = FaceEntry(Box(0, 0, 50, 80), DIGEST, {"label": "x" * MAX_CHARACTERS})
    with pytest.raises(ManifestError, match="1048576 are allowed"):
        Manifest(**(vars(BASE) | {"faces": (face,)})).to_json()


def test_an_extra_entry_cannot_take_the_place_of_a_field():
    with pytest.raises(ManifestError, match="extra key"):
        FaceEntry(Box(0, 0, 1, 1), DIGEST, {"sha256": DIGEST})


def test_a_manifest_is_loaded_from_a_file(tmp_path):
    path = tmp_path / "out.png.proface.json"
    path.write_text(BASE.to_json())
    assert Manifest.load(path) == BASE
    path.write_bytes(b"\xef\xbb\xbf" + BASE.to_json().encode())  # as some editors save it
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


ODD = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=5)
    | st.lists(st.integers(), max_size=2)
    | st.dictionaries(st.text(max_size=3), st.integers(), max_size=2)
)


def paths_of(value, path=()):
    """Every place in nested lists and dictionaries."""
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for key, inner in items:
        yield (*path, key)
        if isinstance(inner, dict | list):
            yield from paths_of(inner, (*path, key))


@given(st.data())
@settings(max_examples=150, deadline=None)
def test_odd_values_anywhere_parse_or_are_refused(data):
    content = json.loads(BASE.to_json())
    for _ in range(data.draw(st.integers(1, 2))):
        *parents, last = data.draw(st.sampled_from(list(paths_of(content))))
        place = content
        for key in parents:
            place = place[key]
        place[last] = data.draw(ODD)
    with contextlib.suppress(ManifestError):
        assert isinstance(Manifest.from_json(json.dumps(content)), Manifest)


@given(st.data())
@settings(max_examples=150, deadline=None)
def test_damaged_texts_parse_or_are_refused(data):
    text = BASE.to_json()
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(text)))
        end = data.draw(st.integers(start, min(len(text), start + 8)))
        text = text[:start] + data.draw(st.text(max_size=4)) + text[end:]
    with contextlib.suppress(ManifestError):
        assert isinstance(Manifest.from_json(text), Manifest)
