"""Rounding to 8 bits where it hurts recovery least."""

import io
import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from skimage.data import astronaut

from proface import Flow, ModelError, PictureKey, obfuscators
from proface.profile.trained.rounding import NEAREST, PATCH, Rounding

SIDES = st.integers(1, 37)


def smooth(height=48, width=64, count=1):
    """Planes with no value near a level, and none out of range."""
    rows, columns = np.mgrid[:height, :width]
    shades = [np.sin(rows / 7 + colour + columns / 11) * 0.8 for colour in range(3)]
    return np.stack([np.stack(shades)] * count).astype(np.float32)


def uneven(patch=2, seed=0):
    """A sensitivity that differs a thousandfold from direction to direction."""
    generator = np.random.default_rng(seed)
    side = 3 * patch**2
    directions, _ = np.linalg.qr(generator.normal(size=(side, side)))
    strengths = np.geomspace(0.01, 100, side)
    return ((directions * strengths) @ directions.T).astype(np.float32)


def errors(planes, rounded):
    return rounded - (planes.clip(-1, 1).transpose(0, 2, 3, 1) + 1) * np.float32(127.5)


def harm(sensitivity, planes, rounded):
    """What rounding does to the recovered and the protected picture, squared levels a value."""
    patch = round((len(sensitivity) / 3) ** 0.5)
    count, height, width, _ = rounded.shape
    split = errors(planes, rounded).reshape(count, height // patch, patch, width // patch, patch, 3)
    vectors = split.transpose(0, 1, 3, 5, 2, 4).reshape(-1, len(sensitivity))
    norm = sensitivity + np.eye(len(sensitivity))
    return np.einsum("ni,ij,nj->n", vectors, norm, vectors).mean() / len(sensitivity)


@settings(deadline=None, max_examples=30)
@given(SIDES, SIDES, st.integers(0, 2**32))
def test_without_a_sensitivity_every_value_goes_to_the_nearest_level(height, width, seed):
    planes = np.random.default_rng(seed).uniform(-1.2, 1.2, (2, 3, height, width)).astype("f4")
    expected = np.rint((planes.clip(-1, 1) + 1) * np.float32(127.5)).transpose(0, 2, 3, 1)
    assert NEAREST.to_bytes(planes).dtype == np.uint8
    np.testing.assert_array_equal(NEAREST.to_bytes(planes), expected)


@settings(deadline=None, max_examples=30)
@given(SIDES, SIDES, st.integers(0, 2**32))
def test_whole_levels_stay_as_they_are(height, width, seed):
    levels = np.random.default_rng(seed).integers(0, 256, (1, height, width, 3), np.uint8)
    planes = levels.transpose(0, 3, 1, 2).astype(np.float32) / np.float32(127.5) - 1
    rounding = Rounding.of(uneven(PATCH))
    np.testing.assert_array_equal(rounding.to_bytes(planes), levels)


@pytest.mark.parametrize("patch", [1, 2, 4])
def test_it_harms_less_than_the_nearest_levels(patch):
    planes, sensitivity = smooth(), uneven(patch)
    shaped = harm(sensitivity, planes, Rounding.of(sensitivity).to_bytes(planes))
    nearest = harm(sensitivity, planes, NEAREST.to_bytes(planes))
    assert shaped < nearest / (1.5 if patch == 1 else 3)


def test_it_comes_near_to_the_best_of_all_roundings():
    """One patch of one pixel has few enough roundings to try them all."""
    sensitivity = uneven(1, seed=3)
    steps = np.stack(np.meshgrid(*[range(-3, 4)] * 3), -1).reshape(-1, 3)
    norm = sensitivity + np.eye(3)
    planes = np.random.default_rng(5).uniform(-0.5, 0.5, (200, 3, 1, 1)).astype(np.float32)
    found = harm(sensitivity, planes, Rounding.of(sensitivity).to_bytes(planes))
    levels = (planes.reshape(-1, 3) + 1) * 127.5
    tried = np.rint(levels)[:, None] + steps - levels[:, None]
    best = np.einsum("nki,ij,nkj->nk", tried, norm, tried).min(axis=1).mean() / 3
    assert best <= found < 1.3 * best


def test_errors_stay_small_and_within_the_range_of_a_byte():
    rounding = Rounding.of(uneven(2))
    edge = np.full((1, 3, 8, 8), 0.999, np.float32)
    assert np.abs(errors(edge, rounding.to_bytes(edge))).max() < 4
    assert np.abs(errors(smooth(), rounding.to_bytes(smooth()))).mean() < 2
    beyond = np.full((1, 3, 8, 8), 3.0, np.float32)
    assert (rounding.to_bytes(beyond) == 255).all()


@settings(deadline=None, max_examples=30)
@given(SIDES, SIDES)
def test_patches_know_nothing_of_each_other(height, width):
    """So large pictures may be rounded in parts, and odd sides do no harm elsewhere."""
    rounding, planes = Rounding.of(uneven(2)), smooth(40, 40)
    part = rounding.to_bytes(planes[:, :, :height, :width])
    whole = rounding.to_bytes(planes)
    even = np.s_[:, : height // 2 * 2, : width // 2 * 2]
    np.testing.assert_array_equal(part[even], whole[even])


def test_a_large_picture_is_rounded_like_its_strips():
    rounding, planes = Rounding.of(uneven(2)), smooth(300, 400)
    strips = [rounding.to_bytes(planes[:, :, top : top + 20]) for top in range(0, 300, 20)]
    np.testing.assert_array_equal(rounding.to_bytes(planes), np.concatenate(strips, axis=1))


@pytest.mark.parametrize(
    "wrong",
    [
        np.zeros((3, 4), np.float32),
        np.zeros((5, 5), np.float32),
        np.zeros((0, 0), np.float32),
        np.zeros(3, np.float32),
        np.triu(np.ones((3, 3), np.float32)),
        -2 * np.eye(3, dtype=np.float32),
        np.full((3, 3), np.nan, np.float32),
    ],
)
def test_what_is_no_sensitivity_is_refused(wrong):
    with pytest.raises(ModelError, match="sensitivity"):
        Rounding.of(wrong)


def test_a_file_is_read_and_nothing_else_is():
    file = io.BytesIO()
    np.save(file, uneven(2))
    assert Rounding.read(file.getvalue()).patch == 2
    for wrong in (b"", b"junk", file.getvalue()[:-9], pickle.dumps([1])):
        with pytest.raises(ModelError, match="sensitivity"):
            Rounding.read(wrong)
    file = io.BytesIO()
    np.save(file, np.array([[1j]]))
    with pytest.raises(ModelError, match="complex"):
        Rounding.read(file.getvalue())


@pytest.mark.parametrize("profile", ["paper-randwr", "paper-obfswr", "randwr"])
def test_shipped_profiles_recover_better_by_it(profile):
    face = np.ascontiguousarray(astronaut()[60:172, 169:281])
    hidden = obfuscators.get("median").apply(face)
    shaped = Flow.load(profile)
    plain = Flow(shaped.card, shaped.network, NEAREST)

    def gain(key):
        """In dB; with some keys a spot is garbled, and there is less to gain."""
        found = (flow.recover(flow.protect(face, hidden, key), key) for flow in (plain, shaped))
        errors = [np.mean((each.astype(float) - face) ** 2) for each in found]
        return 10 * np.log10(errors[0] / errors[1])

    assert np.mean([gain(PictureKey(bytes([number]) * 32)) for number in range(3)]) > 2
