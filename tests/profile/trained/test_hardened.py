"""The hardened profiles, from outside, as they are shipped."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from skimage.data import astronaut

from proface import Flow, PictureError, PictureKey, obfuscators
from proface.errors import DamagedPictureError
from proface.profile.trained import verification
from proface.profile.trained.pilots import THRESHOLD, pilots
from proface.profile.trained.shuffle import Shuffle
from tests.shared import limit_tiles

KEY, OTHER_KEY = PictureKey(bytes(32)), PictureKey(bytes([1]) * 32)
FILTERS = ("gaussian", "pixelate", "median")


def face(height=112, width=112):
    """NASA's astronaut, public domain."""
    return np.ascontiguousarray(astronaut()[60 : 60 + height, 169 : 169 + width])


def psnr(a, b):
    return 10 * np.log10(255**2 / max(np.mean((a.astype(float) - b) ** 2), 1e-9))


@pytest.fixture(scope="module", params=["randwr", "obfswr"])
def model(request):
    return Flow.load(request.param)


@pytest.fixture(scope="module")
def noisy():
    return Flow.load("randwr")


def correlation(flow, protected, key=KEY, index=0):
    """Of the pilots, by the steps that an attacker would take."""
    height, width = protected.shape[:2]
    maps = key.face(index).map(height // 2 * 2, width // 2 * 2)[None, None].astype(np.float32)
    payload, estimate = flow.hardened.extract(protected[None], maps)
    shuffle = Shuffle.draw(key.face(index), height, width, payload.shape[1])
    known = pilots(key.face(index), height, width)
    return flow.hardened.rebuild(shuffle.undo(payload[0]), estimate[0], known)[1]


@pytest.mark.parametrize("name", FILTERS)
def test_a_face_is_hidden_and_comes_back(model, name):
    original = face()
    hidden = obfuscators.get(name).apply(original)
    protected = model.protect(original, hidden, KEY)
    assert psnr(protected, hidden) > 37
    assert psnr(model.recover(protected, KEY), original) > 37
    assert psnr(protected, original) < psnr(hidden, original) + 0.3


@pytest.mark.parametrize("name", [*FILTERS, "sticker"])
def test_protection_corrects_for_what_it_sees_come_back(noisy, name, monkeypatch):
    original = face()
    hidden = obfuscators.get(name).apply(original)
    corrected = noisy.protect(original, hidden, KEY)
    monkeypatch.setattr(noisy.hardened, "corrections", 0)
    plain = noisy.protect(original, hidden, KEY)
    gain = psnr(noisy.recover(corrected, KEY), original) - psnr(noisy.recover(plain, KEY), original)
    price = psnr(plain, hidden) - psnr(corrected, hidden)
    assert gain > max(0.2, 0.5 * price)


def test_a_wrong_key_gives_what_the_mode_promises(model):
    original = face()
    hidden = obfuscators.get("gaussian").apply(original)
    protected = model.protect(original, hidden, KEY)
    wrong = model.recover(protected, OTHER_KEY)
    if model.card.wrong_recovery == "noise":
        assert psnr(wrong, original) < 11
    else:
        np.testing.assert_array_equal(wrong, protected)


def test_whoever_recovers_chooses_what_a_wrong_key_gives(model):
    original = face()
    obfuscated = obfuscators.get("gaussian").apply(original)
    protected = model.protect(original, obfuscated, KEY)
    noise = model.recover(protected, OTHER_KEY, wrong_recovery="noise")
    assert psnr(noise, original) < 11
    same = model.recover(protected, OTHER_KEY, wrong_recovery="obfuscated")
    np.testing.assert_array_equal(same, protected)
    with pytest.raises(DamagedPictureError, match="does not open: wrong key"):
        model.recover(protected, OTHER_KEY, wrong_recovery="error")
    right = model.recover(protected, KEY, wrong_recovery="error")
    np.testing.assert_array_equal(right, model.recover(protected, KEY))


def test_without_the_courtesy_a_wrong_key_shows_no_more_than_the_obfuscated_face(noisy):
    original = face()
    hidden = obfuscators.get("gaussian").apply(original)
    protected = noisy.protect(original, hidden, KEY)
    maps = KEY.face(0).map(112, 112)[None, None].astype(np.float32)
    payload, estimate = noisy.hardened.extract(protected[None], maps)
    for number in range(20):
        shuffle = Shuffle.draw(OTHER_KEY.face(number), 112, 112, payload.shape[1])
        known = pilots(OTHER_KEY.face(number), 112, 112)
        wrong, found = noisy.hardened.rebuild(shuffle.undo(payload[0]), estimate[0], known)
        assert psnr(wrong, original) < psnr(hidden, original) + 0.05
        assert abs(found) < THRESHOLD


@pytest.mark.parametrize("shape", [(8, 8), (9, 15), (16, 16), (33, 20), (51, 47), (64, 113)])
def test_any_size_comes_back(noisy, shape):
    original = face(*shape)
    hidden = obfuscators.get("gaussian").apply(original)
    protected = noisy.protect(original, hidden, KEY)
    assert protected.shape == original.shape
    recovered = noisy.recover(protected, KEY)
    assert psnr(recovered, original) > 26
    assert psnr(recovered, original) > psnr(hidden, original)


def test_a_face_below_8_pixels_is_refused(noisy):
    with pytest.raises(PictureError, match="too small"):
        noisy.protect(face(7, 20), face(7, 20), KEY)
    assert noisy.recover(face(7, 20), KEY).shape == (7, 20, 3)


@given(st.integers(8, 60), st.integers(8, 60), st.integers(0, 10**6))
@settings(max_examples=40, deadline=None)
def test_the_right_key_is_never_taken_for_a_wrong_one(noisy, height, width, seed):
    generator = np.random.default_rng(seed)
    kind = seed % 4
    if kind == 0:
        original = np.full((height, width, 3), generator.integers(0, 256), np.uint8)
    elif kind == 1:
        original = generator.integers(0, 256, (height, width, 3), dtype=np.uint8)
    elif kind == 2:
        original = face(height, width)
    else:
        original = np.where(face(height, width) > 127, 255, 0).astype(np.uint8)
    hidden = obfuscators.get(FILTERS[seed % 3]).apply(original)
    best = verification.protect(noisy, original, hidden, KEY.face(seed))
    assert correlation(noisy, best.protected, KEY, seed) > THRESHOLD


def test_damage_makes_noise_everywhere_and_no_hole(noisy):
    original = face()
    hidden = obfuscators.get("gaussian").apply(original)
    protected = noisy.protect(original, hidden, KEY)
    damaged = protected.copy()
    damaged[40:76, 40:76] = (235, 190, 40)  # a tenth of the face
    recovered = noisy.recover(damaged, KEY)
    assert correlation(noisy, damaged) > 0.5
    outside = np.ones((112, 112), bool)
    outside[30:86, 30:86] = False
    gained = psnr(recovered[outside], original[outside]) - psnr(hidden[outside], original[outside])
    assert gained > 5


def test_the_obfuscated_picture_alone_is_answered_like_a_wrong_key(noisy):
    original = face()
    hidden = obfuscators.get("gaussian").apply(original)
    assert abs(correlation(noisy, hidden)) < THRESHOLD
    assert psnr(noisy.recover(hidden, KEY), original) < 11


def test_a_batch_is_its_faces_one_by_one(noisy, monkeypatch):
    originals = np.stack([face(48, 63), face(48, 63)[:, ::-1], face(48, 63)[::-1]])
    hidden = np.stack([*map(obfuscators.get("gaussian").apply, originals)])
    limit_tiles(monkeypatch, 80)  # Two faces at once, then one.
    protected = noisy.protect(originals, hidden, KEY, 5)
    recovered = noisy.recover(protected, KEY, 5)
    for index in range(3):
        single = noisy.protect(originals[index], hidden[index], KEY, 5 + index)
        np.testing.assert_array_equal(protected[index], single)
        np.testing.assert_array_equal(recovered[index], noisy.recover(single, KEY, 5 + index))


def test_tiles_give_what_the_whole_gives(noisy, monkeypatch):
    original = np.ascontiguousarray(astronaut()[:420, :500])
    hidden = obfuscators.get("gaussian").apply(original)
    whole = noisy.protect(original, hidden, KEY)
    recovered = noisy.recover(whole, KEY)
    limit_tiles(monkeypatch, 250)
    tiled = noisy.protect(original, hidden, KEY)
    # Another order of adding up may round a level the other way, here and there.
    assert np.mean(tiled != whole) < 1e-4
    assert np.abs(tiled.astype(int) - whole).max() <= 1
    assert psnr(noisy.recover(whole, KEY), recovered) > 60
