"""Every filter hides the whole crop, at every size, and says what it cannot do."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from skimage.data import astronaut

from proface import ObfuscatorError, obfuscators

NAMES = ("gaussian", "pixelate", "median")


def noise(height, width, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=15, deadline=None)
@given(height=st.integers(1, 90), width=st.integers(1, 90), share=st.floats(0, 1))
def test_any_size_and_strength_is_deterministic_and_keeps_its_input(name, height, width, share):
    obfuscator = obfuscators.get(name)
    bounds = obfuscator.strength
    strength = bounds.minimum + share * (bounds.maximum - bounds.minimum)
    face = noise(height, width)
    before = face.copy()
    obfuscated = obfuscator.apply(face, strength)
    assert obfuscated.shape == face.shape
    assert obfuscated.dtype == np.uint8
    np.testing.assert_array_equal(face, before)
    np.testing.assert_array_equal(obfuscated, obfuscator.apply(face, strength))


@pytest.mark.parametrize("name", NAMES)
def test_fine_detail_is_gone(name):
    face = noise(112, 112)
    obfuscated = obfuscators.get(name).apply(face)
    assert obfuscated.std() < face.std() / 3


@pytest.mark.parametrize("name", NAMES)
def test_strength_scales_with_the_face(name):
    base = cv2.GaussianBlur(noise(112, 112), (0, 0), 6)
    small = obfuscators.get(name).apply(base)
    large = obfuscators.get(name).apply(cv2.resize(base, (448, 448), interpolation=cv2.INTER_CUBIC))
    back = cv2.resize(large, (112, 112), interpolation=cv2.INTER_AREA)
    assert np.abs(back.astype(int) - small).mean() < 3


def test_the_median_of_a_huge_face_still_hides():
    face = np.tile(noise(100, 100), (20, 20, 1))
    obfuscated = obfuscators.get("median").apply(face, 20)
    assert obfuscated.shape == face.shape
    assert obfuscated.std() < face.std() / 3


@pytest.mark.parametrize("side", [250, 511, 901])
def test_a_wide_blur_is_that_of_the_whole_picture(side):
    face = cv2.resize(np.ascontiguousarray(astronaut()[60:172, 169:281]), (side, side))
    scale = side / 112
    kernel = 2 * int(52.5 * scale / 2) + 1
    whole = cv2.GaussianBlur(face, (kernel, kernel), 20 * scale, borderType=cv2.BORDER_REFLECT_101)
    difference = np.abs(obfuscators.get("gaussian").apply(face).astype(int) - whole)
    assert difference.max() <= 4
    assert difference.mean() < 1


def test_pixelate_leaves_blocks_of_one_colour():
    obfuscated = obfuscators.get("pixelate").apply(noise(112, 112), 8)
    blocks = obfuscated.reshape(14, 8, 14, 8, 3)
    assert (blocks == blocks[:, :1, :, :1]).all()


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("strength", [0, -3, 1e9, float("nan")])
def test_senseless_strengths_are_refused(name, strength):
    with pytest.raises(ObfuscatorError, match=name):
        obfuscators.get(name).apply(noise(20, 20), strength)


def test_an_unknown_name_is_refused_with_the_known_ones():
    with pytest.raises(ObfuscatorError, match="gaussian, pixelate, median"):
        obfuscators.get("blurr")


def test_a_name_is_taken_once():
    with pytest.raises(ObfuscatorError, match="already"):
        obfuscators.register(obfuscators.get("gaussian"))
