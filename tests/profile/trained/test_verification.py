"""What is protected has been recovered once, whatever the key map."""

import numpy as np
import pytest
from skimage.data import astronaut

import proface
from proface import Box, Flow, Key, ManifestError, PictureKey, obfuscators
from proface.profile.trained import verification

MASTER = Key.from_bytes(bytes(32))
KEY = PictureKey(bytes(32)).face(3)


class Spoilt:
    """A real flow whose first key maps garble a spot, as hard faces do."""

    hardened = None

    def __init__(self, spoilt):
        self.flow = Flow.load("paper-randwr")
        self.spoilt = spoilt

    def protect(self, original, obfuscated, key):
        return self.flow.protect(original, obfuscated, key)

    def recover(self, protected, key):
        recovered = self.flow.recover(protected, key)
        if key in self.spoilt:
            recovered[10:20, 10:20] = 255 - recovered[10:20, 10:20]
        return recovered


@pytest.fixture(scope="module")
def face():
    return np.ascontiguousarray(astronaut()[60:124, 190:254])


@pytest.fixture(scope="module")
def hidden(face):
    return obfuscators.get("gaussian").apply(face)


def test_a_garbled_face_is_protected_again_with_another_map(face, hidden):
    flow = Spoilt({KEY, KEY.attempt(1)})
    best = verification.protect(flow, face, hidden, KEY)
    assert best.extra == {"attempt": 2}
    recovered = verification.recover(flow, best.protected, KEY, 3, best.extra)
    assert verification.worst_spot(face, recovered) < verification.GARBLED


def test_a_good_face_needs_one_attempt(face, hidden):
    best = verification.protect(Flow.load("paper-obfswr"), face, hidden, KEY)
    assert best.extra == {}
    np.testing.assert_array_equal(
        best.protected, Flow.load("paper-obfswr").protect(face, hidden, KEY)
    )


def test_no_two_faces_or_attempts_share_a_map():
    faces = [PictureKey(bytes(32)).face(index) for index in range(50)]
    maps = {face.attempt(number).map(8, 8).tobytes() for face in faces for number in range(6)}
    assert len(maps) == 300


def test_the_worst_spot_is_local():
    a = np.zeros((40, 40, 3), np.uint8)
    b = a.copy()
    b[8:16, 8:16] = 100
    assert verification.worst_spot(a, a) == 0
    assert verification.worst_spot(a, b) == pytest.approx(100)


@pytest.mark.parametrize("attempt", [-1, 6, 10**12, "1", 1.0])
def test_a_hostile_attempt_is_refused(face, attempt):
    with pytest.raises(ManifestError, match="attempt"):
        verification.recover(Flow.load("paper-randwr"), face, KEY, 0, {"attempt": attempt})


def test_the_attempt_travels_in_the_manifest(face, monkeypatch):
    # An unreachable demand makes every face try all maps and keep the best.
    monkeypatch.setattr(verification, "GARBLED", -1.0)
    picture = np.ascontiguousarray(astronaut()[40:140, 170:270])
    result = proface.protect(picture, MASTER, faces=[Box(0, 0, 40, 40), Box(50, 50, 40, 40)])
    text = result.manifest.to_json()
    recovered = proface.recover(result.pixels, MASTER, manifest=proface.Manifest.from_json(text))
    for box in result.faces:
        assert verification.worst_spot(picture[box.window], recovered.pixels[box.window]) < 24


@pytest.mark.parametrize("degree", [1, 2])
@pytest.mark.parametrize("shape", [(8, 8), (9, 14), (33, 21)])
def test_a_calmer_face_keeps_its_shape_and_has_less_detail(degree, shape):
    noise = np.random.default_rng(0).integers(0, 256, (*shape, 3), dtype=np.uint8)
    calmer = verification.calm(noise, degree)
    assert (calmer.shape, calmer.dtype) == (noise.shape, np.uint8)
    assert calmer.min() >= 4 * degree
    assert calmer.max() <= 255 - 4 * degree
    steps = [np.abs(np.diff(array.astype(int), axis=1)).mean() for array in (noise, calmer)]
    assert steps[1] < 0.7 * steps[0]
    assert verification.calm(noise, 0) is noise


def test_a_face_comes_back_from_an_obfuscated_one_that_is_all_detail(face):
    flow = Flow.load("randwr")
    generator = np.random.default_rng(0)
    noise = generator.integers(60, 196, face.shape, dtype=np.uint8)
    best = verification.protect(flow, face, noise, KEY)
    recovered = verification.recover(flow, best.protected, KEY, 0, best.extra)
    assert best.extra == {}
    plain = flow.recover(flow.protect(face, noise, KEY), KEY)
    errors = [np.abs(face.astype(int) - each).mean() for each in (recovered, plain)]
    assert errors[0] < errors[1] / 1.5


def checks(shape):
    """Black and white squares of three pixels: what a flow can hide least in."""
    rows, columns = np.mgrid[: shape[0], : shape[1]]
    board = ((rows // 3 + columns // 3) % 2 * 255).astype(np.uint8)
    return np.repeat(board[:, :, None], 3, axis=2)


@pytest.mark.parametrize("profile", ["paper-obfswr", "paper-randwr", "randwr"])
def test_a_face_comes_back_far_better_from_a_calmer_cover(face, profile):
    flow, cover = Flow.load(profile), checks(face.shape)
    best = verification.protect(flow, face, cover, KEY)
    recovered = verification.recover(flow, best.protected, KEY, 0, best.extra)
    plain = flow.recover(flow.protect(face, cover, KEY), KEY)
    errors = [((face.astype(float) - each) ** 2).mean() for each in (recovered, plain)]
    assert errors[0] < errors[1] / 2


def test_the_user_is_told_of_a_face_that_comes_back_badly():
    # Pure black and white pixels, at random: no network can hide those.
    hard = np.random.default_rng(0).integers(0, 2, (64, 64, 3), np.uint8) * 255
    poor = proface.protect(hard, MASTER, profile="paper-randwr", faces="whole")
    note = next(note for note in poor.notes if "will come back" in note)
    told = int(note.split(" dB")[0].rsplit(" ", 1)[1])
    recovered = proface.recover(poor.encode("PNG"), MASTER).pixels
    error = ((hard.astype(float) - recovered) ** 2).mean()
    assert told == round(10 * np.log10(255**2 / error)) < 35
    good = proface.protect(hard, MASTER, profile="sealed", carrier="file", faces="whole")
    assert not any("will come back" in note for note in good.notes)


def test_a_face_enlarged_by_repetition_comes_back():
    """With most key maps it is garbled where its pixels fill the wavelet's squares."""
    doubled = astronaut()[60:172, 169:281].repeat(2, axis=0).repeat(2, axis=1)
    for salt in range(4):
        key = Key.from_bytes(bytes(31) + bytes([salt]))
        hidden = proface.protect(doubled, key, profile="paper-randwr", faces="whole")
        assert not any("will come back" in note for note in hidden.notes)
        recovered = proface.recover(hidden.encode("PNG"), key).pixels
        error = ((doubled.astype(float) - recovered) ** 2).mean()
        assert 10 * np.log10(255**2 / error) > 35


@pytest.mark.parametrize("shape", [(64, 64), (62, 62), (64, 50)])
def test_every_attempt_brings_a_face_back(face, hidden, shape):
    flow = Flow.load("paper-obfswr")
    face, hidden = (np.ascontiguousarray(each[: shape[0], : shape[1]]) for each in (face, hidden))
    for attempt in range(verification.ATTEMPTS):
        protected = verification._protect(flow, face, hidden, KEY, attempt)
        recovered = verification.recover(flow, protected, KEY, 1, {"attempt": attempt})
        assert ((face.astype(float) - recovered) ** 2).mean() < 255**2 / 10**3
