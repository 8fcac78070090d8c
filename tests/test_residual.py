"""The residual's coefficients: an orthonormal transform of any size, the largest kinds first."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from proface.residual import Layout, analyse, synthesise

sides = st.integers(1, 40)


def picture(height, width, seed=0):
    return np.random.default_rng(seed).normal(0, 20, (height, width, 3)).astype(np.float32)


@given(sides, sides)
@settings(max_examples=60, deadline=None)
def test_the_transform_keeps_count_and_length_and_comes_back(height, width):
    residual = picture(height, width)
    bands = analyse(residual)
    assert sum(band.size for band in bands) == residual.size
    energy = sum(float((band**2).sum()) for band in bands)
    assert energy == pytest.approx(float((residual**2).sum()), rel=1e-4)
    np.testing.assert_allclose(synthesise(bands), residual, atol=1e-3)


@given(sides, sides)
@settings(max_examples=60, deadline=None)
def test_with_room_for_all_nothing_is_lost(height, width):
    residual = picture(height, width)
    layout = Layout(height, width, residual.size)
    values = layout.pack(residual)
    assert values.shape == (residual.size,)
    np.testing.assert_allclose(layout.unpack(values), residual, atol=1e-3)


def test_what_is_left_out_is_fine_detail_of_colour():
    rows, columns = np.mgrid[:64, :64]
    smooth = np.stack([rows - columns, rows + columns, 20 * np.sin(rows / 9)], axis=2)
    layout = Layout(64, 64, 64 * 64 * 3 * 3 // 4)
    lost = layout.unpack(layout.pack(smooth.astype(np.float32))) - smooth
    assert np.sqrt(np.mean(lost**2)) < 0.5
    grey = np.repeat(picture(64, 64)[..., :1], 3, axis=2)
    np.testing.assert_allclose(layout.unpack(layout.pack(grey)), grey, atol=1e-3)


def test_a_constant_is_one_number_in_64():
    bands = analyse(np.full((16, 16, 3), 5, np.float32))
    assert all(np.abs(band).max() < 1e-5 for band in bands[:-1])
    np.testing.assert_allclose(bands[-1][..., 0], 5 * 8 * np.sqrt(3), rtol=1e-5)
