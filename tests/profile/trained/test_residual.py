"""The residual's coefficients: an orthonormal transform of any size, weighted block by block."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.fft import dctn
from skimage.data import astronaut

from proface.profile.trained.residual import GROUPS, TELLING, Layout

sides = st.integers(1, 60)


def picture(height, width, seed=0, deviation=20.0):
    return np.random.default_rng(seed).normal(0, deviation, (height, width, 3)).astype(np.float32)


def hair(height, width):
    """What blurring takes from NASA's astronaut (public domain)."""
    face = np.ascontiguousarray(astronaut()[:height, 150 : 150 + width]).astype(np.float32)
    return face - cv2.GaussianBlur(face, (0, 0), 4)


def noise(layout, deviation):
    return np.random.default_rng(1).normal(0, deviation, layout.count).astype(np.float32)


def roomy(height, width):
    """A layout in which everything has its place."""
    blocks = Layout(height, width, 0).telling // TELLING
    return Layout(height, width, 3 * height * width + (TELLING + 3) * blocks)


@given(sides, sides)
@settings(max_examples=60, deadline=None)
def test_the_transform_keeps_count_and_length_and_comes_back(height, width):
    residual = picture(height, width)
    layout = roomy(height, width)
    coefficients = layout.coefficients(residual)
    assert coefficients.size == residual.size
    energy = float((coefficients**2).sum())
    assert energy == pytest.approx(float((residual**2).sum()), rel=1e-4)
    np.testing.assert_allclose(layout.residual(coefficients), residual, atol=1e-3)


@given(sides, sides, st.floats(0.1, 80))
@settings(max_examples=60, deadline=None)
def test_with_room_for_all_nothing_is_lost(height, width, deviation):
    residual = picture(height, width, deviation=deviation)
    layout = roomy(height, width)
    values = layout.pack(residual)
    assert values.shape == (layout.count,)
    np.testing.assert_allclose(layout.unpack(values), residual, atol=1e-3)


@given(st.integers(8, 60), st.integers(8, 60), st.integers(0, 99))
@settings(max_examples=40, deadline=None)
def test_whatever_the_room_the_transform_and_its_way_back_are_adjoint(height, width, seed):
    layout = Layout(height, width, 9 * (height // 2) * (width // 2))
    one, other = picture(height, width, seed), layout.coefficients(picture(height, width, seed + 1))
    there, back = layout.coefficients(one) @ other, np.vdot(one, layout.residual(other))
    assert there == pytest.approx(back, rel=1e-3, abs=1)


def test_a_block_is_transformed_as_scipy_does():
    residual = picture(16, 16)
    residual[..., 1:] = residual[..., :1]
    spectrum = dctn(residual[..., 0], norm="ortho") * np.sqrt(3)
    np.testing.assert_allclose(
        roomy(16, 16).coefficients(residual)[:256], spectrum.ravel(), atol=1e-3
    )


def test_what_is_left_out_is_fine_detail_of_colour():
    rows, columns = np.mgrid[:64, :64]
    smooth = np.stack([rows - columns, rows + columns, 20 * np.sin(rows / 9)], axis=2)
    layout = Layout(64, 64, 64 * 64 * 3 * 3 // 4)
    lost = layout.unpack(layout.pack(smooth.astype(np.float32))) - smooth
    assert np.sqrt(np.mean(lost**2)) < 0.5
    grey = np.repeat(picture(64, 64)[..., :1], 3, axis=2)
    np.testing.assert_allclose(layout.unpack(layout.pack(grey)), grey, atol=1e-3)


def test_every_block_tells_how_strong_it_is():
    residual = 4 * hair(32, 48)
    layout = roomy(32, 48)
    usual = layout.strengths(layout.coefficients(residual))
    quarter = residual.copy()
    quarter[:16] /= 4
    change = layout.strengths(layout.coefficients(quarter)) - usual
    assert usual.shape == (6, GROUPS)
    upper = np.array([True] * 3 + [False] * 3)
    assert np.all(change[~upper] == 0)
    assert np.mean(change[upper] == -2) > 0.7


def test_weak_blocks_take_less_of_a_noise_than_strong_ones():
    residual = hair(64, 64)
    residual[:, :32] /= 4
    layout = Layout(64, 64, 64 * 64 * 3)
    values = layout.pack(residual)
    change = layout.unpack(values + noise(layout, 0.1)) - residual
    weak, strong = (np.sqrt(np.mean(half**2)) for half in (change[:, :32], change[:, 32:]))
    assert weak < 0.6 * strong


def test_what_has_shrunk_on_its_way_is_made_up_for():
    residual = hair(64, 64)
    layout = Layout(64, 64, 64 * 64 * 3)
    values = layout.pack(residual)
    expected = layout.unpack(values)
    np.testing.assert_allclose(layout.unpack(0.8 * values, 0.8), expected, atol=1e-2)
    values[layout.telling :] /= 4
    found = layout.unpack(0.8 * values, 0.8, scale=0.25)
    np.testing.assert_allclose(found, expected, atol=1e-2)


def test_what_is_weaker_than_noise_is_damped():
    residual = hair(64, 64) / 4
    layout = Layout(64, 64, 64 * 64 * 3)
    values = layout.pack(residual) + noise(layout, 0.3)
    found = layout.unpack(values, noise=0.3**2), layout.unpack(values)
    damped, plain = (float(np.mean((each - residual) ** 2)) for each in found)
    assert damped < 0.8 * plain
    assert damped < np.mean(residual**2)
    nothing = layout.unpack(values, 1e-3, 1.0)
    assert np.abs(nothing).max() < 0.2


def test_of_strengths_that_damage_took_the_usual_ones_are_assumed():
    residual = hair(64, 64)
    layout = Layout(64, 64, 64 * 64 * 3)
    values = layout.pack(residual)
    values[: layout.telling] = 0
    found = layout.unpack(values, noise=1e-3), layout.unpack(values)
    usual, weakest = (float(np.mean((each - residual) ** 2)) for each in found)
    assert usual < 0.2 * np.mean(residual**2)
    assert usual < 0.5 * weakest
