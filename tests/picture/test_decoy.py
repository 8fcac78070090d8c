"""Decoys: they look like protected pictures, and keep nothing."""

import json

import numpy as np
import pytest
from skimage.data import astronaut

import proface
from proface import Box, Key, OptionError, PictureKey, WrongKeyError, obfuscators
from proface.keys import Access, Identity, noise
from proface.picture.decoy import decoy_as
from proface.picture.evidence import verify
from proface.picture.options import KeepingOptions, ProtectOptions
from proface.picture.protection import protect_as

BOX = Box(165, 40, 96, 112)
PASSWORD = Key.from_bytes(bytes(32))
WAYS = [
    KeepingOptions("sealed"),
    KeepingOptions("sealed", bits=2),
    KeepingOptions("sealed", "file"),
    KeepingOptions("randwr"),
    KeepingOptions("obfswr"),
]


def shape_of(value):
    """JSON with texts exchanged for their lengths and numbers for their types.

    An age file has no length of its own: it is filled up at random.
    """
    if isinstance(value, dict):
        return {key: key == "file" or shape_of(each) for key, each in value.items()}
    if isinstance(value, list):
        return [shape_of(each) for each in value]
    return len(value) if isinstance(value, str) else type(value)


@pytest.mark.parametrize("keeping", WAYS, ids=str)
@pytest.mark.parametrize("pretended", ["password", "recipient"])
def test_a_decoy_has_all_that_a_protected_picture_has(keeping, pretended):
    options = ProtectOptions(keeping=keeping)
    if pretended == "password":
        access = Access.make("a password")
    else:
        access = Access.make(None, Identity.generate().recipients)
    protected = protect_as(options, astronaut(), access, [BOX])
    decoy = decoy_as(options, astronaut(), pretended, [BOX])
    one, other = (json.loads(each.manifest.to_json()) for each in (protected, decoy))
    assert json.dumps(shape_of(one), default=str) == json.dumps(shape_of(other), default=str)
    for name in ("profile", "obfuscator", "carrier", "width", "height", "grey", "scene"):
        assert one[name] == other[name]
    for name in ("codec", "bits", "members"):
        assert one["faces"][0].get(name) == other["faces"][0].get(name)
    assert [len(seal) for seal in protected.seals] == [len(seal) for seal in decoy.seals]
    outside = np.ones(astronaut().shape[:2], bool)
    outside[BOX.window] = False
    assert (decoy.pixels[outside] == astronaut()[outside]).all()


@pytest.mark.parametrize("keeping", WAYS, ids=str)
def test_no_secret_opens_a_decoy_and_none_is_told_why(keeping, tmp_path):
    options = ProtectOptions(keeping=keeping)
    answers = []
    for made in (
        protect_as(options, astronaut(), Access.make("a password"), [BOX]),
        decoy_as(options, astronaut(), "password", [BOX]),
    ):
        path = tmp_path / f"{len(answers)}.png"
        made.save(path)
        with pytest.raises(WrongKeyError) as caught:
            proface.recover(path, "another", wrong_recovery="error")
        shown = verify(path)
        unknown = proface.recover(path, "another", wrong_recovery="obfuscated")
        answers.append((str(caught.value), shown.scene, shown.authentic, shown.problems))
        assert unknown.key_matched is False
        assert not proface.inspect(path).problems
    assert answers[0] == answers[1]


def test_what_a_decoy_keeps_does_not_depend_on_the_face():
    """Sealed: of two originals behind one obfuscated face, nothing is left but noise."""
    black, white = (np.full((64, 64, 3), level, np.uint8) for level in (0, 255))
    carried = [
        proface.obfuscate(face, decoy=True, profile="sealed", obfuscator="sticker", faces="whole")
        for face in (black, white)
    ]
    bits = [each.pixels.ravel() & 1 for each in carried]
    assert abs(np.mean(bits[0] == bits[1]) - 0.5) < 5 / (2 * len(bits[0]) ** 0.5)


@pytest.mark.parametrize("bits", [1, 2])
@pytest.mark.parametrize("kind", ["protected", "decoy"])
def test_low_bits_of_sealed_are_noise_in_both_kinds(kind, bits):
    """Balanced, unlike their neighbours, and moved as often up as down: within five deviations."""
    options = ProtectOptions(keeping=KeepingOptions("sealed", bits=bits))
    if kind == "decoy":
        made = decoy_as(options, astronaut(), faces=[BOX])
    else:
        made = protect_as(options, astronaut(), Access.make(PASSWORD), [BOX])
    face = made.pixels[BOX.window].astype(int)
    bound = 5 / (2 * face.size**0.5)
    for bit in range(bits):
        plane = face >> bit & 1
        assert abs(plane.mean() - 0.5) < bound
        for axis in (0, 1, 2):
            alike = np.diff(plane, axis=axis) == 0
            assert abs(alike.mean() - 0.5) < bound * (face.size / alike.size) ** 0.5


@pytest.mark.parametrize("profile", ["randwr", "obfswr"])
def test_payloads_of_decoys_are_as_strong_as_those_of_faces(profile):
    """Eight pieces of a photograph: the distance to the obfuscated face is the same in the mean."""
    hardened = proface.Flow.load(profile).hardened
    pieces = np.stack([astronaut()[n * 50 :][:48, 150:198] for n in range(8)])
    blurred = np.stack([obfuscators.get("gaussian").apply(piece) for piece in pieces])
    nothing = np.stack([noise(48, 48) for _ in pieces])
    distances = []
    for originals in (pieces, nothing):
        keys = [PictureKey.generate().face(0) for _ in pieces]
        protected = hardened.protect(originals, blurred, keys)
        distances.append(np.square(protected - blurred.astype(float)).mean(axis=(1, 2, 3)))
    assert distances[0] == pytest.approx(distances[1], rel=0.15)
    assert distances[0].mean() == pytest.approx(distances[1].mean(), rel=0.03)


def test_a_jpeg_of_a_decoy_says_the_same_of_its_pixels_as_of_a_protected_one():
    options = ProtectOptions(keeping=KeepingOptions("sealed", "file"))
    for made in (
        protect_as(options, astronaut(), Access.make(PASSWORD), [BOX]),
        decoy_as(options, astronaut(), "password", [BOX]),
    ):
        data = made.encode("JPEG")
        found = verify(data)
        assert found.scene == "unchanged"
        assert [face.pixels for face in found.faces] == ["unchanged"]


def test_two_decoys_of_one_picture_have_nothing_random_in_common():
    one, other = (
        decoy_as(ProtectOptions(keeping=KeepingOptions("sealed", "file")), astronaut(), faces=[BOX])
        for _ in range(2)
    )
    assert one.seals != other.seals
    assert one.manifest.tag != other.manifest.tag
    assert one.manifest.slots != other.manifest.slots
    assert one.manifest.faces[0].commitment != other.manifest.faces[0].commitment
    assert one.manifest.picture_id != other.manifest.picture_id


@pytest.mark.parametrize("profile", ["paper-randwr", "paper-obfswr"])
def test_the_paper_s_profiles_have_no_decoys(profile):
    with pytest.raises(OptionError, match="keeps no picture secret"):
        proface.obfuscate(astronaut(), decoy=True, profile=profile, faces=[BOX])


def test_what_is_no_decoy_is_refused():
    with pytest.raises(OptionError, match="decoy=True"):
        proface.obfuscate(astronaut(), decoy=False)
    with pytest.raises(OptionError, match="not for 'nobody'"):
        proface.obfuscate(astronaut(), decoy=True, pretended="nobody")


def test_everyone_who_makes_a_decoy_is_told_that_the_faces_are_gone():
    made = proface.obfuscate(astronaut(), decoy=True, faces=[BOX], profile="sealed")
    assert any("nobody will ever get them back" in note for note in made.notes)
