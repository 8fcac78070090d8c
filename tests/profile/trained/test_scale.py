"""The scale: all payloads have the same energy, and tell what brought them there."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from skimage.data import astronaut

from proface import Flow, PictureKey, obfuscators
from proface.profile.trained.hardened import layout_of
from proface.profile.trained.pilots import Told, pilots
from proface.profile.trained.scale import STRENGTH, equalise, scale_count, tell, told
from tests.profile.trained.test_hardened import psnr

PICTURE = PictureKey(bytes(32))
KEY = PICTURE.face(0)
STRENGTHS = st.floats(-9, 4).map(lambda power: 2.0**power)


@pytest.fixture(scope="module")
def hardened():
    return Flow.load("randwr").hardened


def coefficients(strength, seed=0, count=5000):
    drawn = np.random.default_rng(seed).laplace(0, 1, count) * strength
    return drawn.astype(np.float32)


def energy(values):
    return float(np.sum(np.square(values.astype(np.float64))))


def originals(height, width, seed=0):
    """From a usual face (NASA's astronaut, public domain) to the hardest pictures there are."""
    face = np.ascontiguousarray(astronaut()[60 : 60 + height, 169 : 169 + width])
    rows, columns = np.mgrid[:height, :width]
    checkered = np.where((rows + columns) % 2, 255, 0).astype(np.uint8)
    one_pixel = np.zeros_like(face)
    one_pixel[height // 2, width // 2] = 1
    noise = np.random.default_rng(seed).integers(0, 256, face.shape, dtype=np.uint8)
    white = np.full_like(face, 255)
    return [face, noise, white, np.repeat(checkered[..., None], 3, axis=2), one_pixel]


@given(STRENGTHS, st.integers(0, 99))
def test_whatever_the_strength_all_become_equally_strong(strength, seed):
    values = coefficients(strength, seed)
    expected = values.copy()
    scale = equalise(values)
    assert energy(values) == pytest.approx(len(values) * STRENGTH**2, rel=1e-6)
    np.testing.assert_allclose(values, expected * scale, rtol=1e-5)


@given(STRENGTHS, st.integers(144, 300_000), st.integers(0, 99))
def test_the_scale_is_told_and_survives_noise(strength, places, seed):
    scale = equalise(coefficients(strength))
    values = tell(scale, places)
    assert len(values) == scale_count(places) < places / 4
    assert np.array_equal(np.abs(values), np.ones(len(values)))
    noise = np.random.default_rng(seed).normal(0, 0.3, len(values)).astype(np.float32)
    assert told(0.9 * values + noise) == pytest.approx(scale, rel=0.0015)


def test_nothing_is_told_as_next_to_nothing():
    values = np.zeros(5000, np.float32)
    scale = told(tell(equalise(values), 5000))
    assert energy(values) == pytest.approx(5000 * STRENGTH**2, rel=1e-6)
    assert np.abs(values / scale).max() < 1e-3


@given(st.integers(8, 70), st.integers(8, 70), st.integers(0, 10**6))
@settings(max_examples=25, deadline=None)
def test_every_payload_of_a_size_has_the_same_energy(hardened, height, width, seed):
    face, *others = originals(height, width, seed)
    hidden = [obfuscators.get(name).apply(face) for name in ("gaussian", "pixelate", "median")]
    pairs = [(face, each) for each in hidden]
    pairs += [(each, np.zeros_like(face)) for each in (face, *others)]
    pairs += [(face, face), (face, 255 - face), (face, hidden[0] + np.float32(0.01))]
    values = [
        hardened.values(*pair, PICTURE.face(seed + index)) for index, pair in enumerate(pairs)
    ]
    assert {each.shape for each in values} == {(hardened.payload_size(height, width),)}
    energies = [energy(each) for each in values]
    assert np.ptp(energies) < 1e-5 * np.mean(energies)


def test_corrections_keep_the_energy(hardened, monkeypatch):
    seen = []

    def spy(original, found, key):
        seen.append(type(hardened).values(hardened, original, found, key))
        return seen[-1]

    monkeypatch.setattr(hardened, "values", spy)
    for size in (48, 96):
        seen.clear()
        for original in originals(size, size):
            hidden = obfuscators.get("gaussian").apply(original)
            hardened.protect(original[None], hidden[None], [KEY])
        energies = [energy(each) for each in seen]
        assert len(energies) >= 10
        assert np.ptp(energies) < 1e-5 * np.mean(energies)


@pytest.mark.parametrize("size", [(8, 8), (33, 20), (112, 112)])
def test_the_residual_comes_back_at_any_strength(hardened, size):
    known, layout = pilots(KEY, *size), layout_of(*size)
    for original in originals(*size):
        for strength in (1, 8, 64):
            residual = (original - np.float32(90)) / strength
            found = original - residual
            values = hardened.values(original, found, KEY)
            recovered, correlation = hardened.rebuild(values, found, known)
            assert correlation > 0.999
            expected = layout.unpack(layout.pack(residual))
            lost = np.sqrt(np.mean((recovered - found - expected) ** 2))
            assert lost < 0.0015 * np.sqrt(np.mean(expected**2))


@pytest.mark.parametrize("size", [(16, 16), (64, 64), (112, 112)])
def test_where_nothing_was_obfuscated_the_face_comes_back(size):
    flow = Flow.load("randwr")
    face = originals(*size)[0]
    recovered = flow.recover(flow.protect(face, face, KEY), KEY)
    assert psnr(recovered, face) > 40


def test_black_and_white_come_back_much_nearer_than_they_were_hidden():
    flow = Flow.load("randwr")
    face, white = originals(64, 64)[0], originals(64, 64)[2]
    for original in (white, np.where(face > 127, 255, 0).astype(np.uint8)):
        hidden = np.full_like(original, 128)
        recovered = flow.recover(flow.protect(original, hidden, KEY), KEY)
        assert psnr(recovered, original) > psnr(hidden, original) + 12


def test_a_wrong_key_is_told_no_scale(hardened):
    face = originals(64, 64)[0]
    values = hardened.values(face, np.full_like(face, 128), KEY)
    assert Told.of(values, pilots(KEY, 64, 64)).scale != 1
    assert Told.of(values, pilots(PICTURE.face(1), 64, 64)).scale == 1
