"""The keyed shuffle: an orthogonal map, drawn without bias, that leaves no trace of its input."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from proface import PictureKey
from proface.profile.trained.shuffle import Shuffle, hartley

KEY, OTHER_KEY = PictureKey(bytes(32)), PictureKey(bytes([1]) * 32)


def draw(count, key=KEY, face=0):
    return Shuffle.draw(key.face(face), 16, 16, count)


@given(st.integers(1, 400), st.integers(0, 2**32 - 1))
@settings(max_examples=60, deadline=None)
def test_undo_is_the_inverse_and_lengths_are_kept(count, seed):
    values = np.random.default_rng(seed).normal(size=count).astype(np.float32)
    shuffle = draw(count)
    shuffled = shuffle.apply(values)
    assert shuffled.dtype == np.float32
    np.testing.assert_allclose(shuffle.undo(shuffled), values, atol=1e-5)
    assert np.linalg.norm(shuffled) == pytest.approx(np.linalg.norm(values), rel=1e-5)
    assert sorted(shuffle.order) == list(range(count))


@pytest.mark.parametrize("count", [1, 2, 3, 8, 15])
def test_the_hartley_transform_is_that_of_the_definition(count):
    angles = 2 * np.pi * np.outer(np.arange(count), np.arange(count)) / count
    matrix = (np.cos(angles) + np.sin(angles)) / np.sqrt(count)
    found = np.stack([hartley(row) for row in np.eye(count, dtype=np.float32)])
    np.testing.assert_allclose(found, matrix, atol=1e-6)


def test_a_shuffle_belongs_to_its_key_and_face():
    reference = draw(500)
    np.testing.assert_array_equal(reference.order, draw(500).order)
    for other in (draw(500, OTHER_KEY), draw(500, face=1), Shuffle.draw(KEY.face(0), 16, 18, 500)):
        for name in ("order", "signs", "turns", "mask"):
            same = np.mean(getattr(reference, name) == getattr(other, name))
            assert same < (0.05 if name == "order" else 0.65), name


def test_every_permutation_and_every_sign_is_as_likely_as_the_others():
    draws = [draw(4, face=face) for face in range(4800)]
    _, times = np.unique([shuffle.order for shuffle in draws], axis=0, return_counts=True)
    assert len(times) == 24
    # Chi-square with 23 degrees of freedom: above 60 once in 30,000 times.
    assert np.sum((times - 200) ** 2 / 200) < 60
    for name in ("signs", "turns", "mask"):
        signs = np.stack([getattr(shuffle, name) for shuffle in draws])
        assert set(np.unique(signs)) == {-1, 1}
        assert np.abs(signs.mean(axis=0)).max() < 5 / np.sqrt(4800)
        assert np.abs(np.corrcoef(signs.T) - np.eye(4)).max() < 5 / np.sqrt(4800)


def test_whatever_goes_in_white_noise_comes_out():
    ramp = np.linspace(-3, 3, 4000, dtype=np.float32)
    spike = np.zeros(4000, np.float32)
    spike[0] = 60
    for values in (ramp, spike, np.sign(ramp)):
        shuffled = draw(4000).apply(values)
        shuffled /= shuffled.std()
        assert abs(shuffled.mean()) < 0.08
        assert abs(np.mean(shuffled[1:] * shuffled[:-1])) < 0.08
        assert abs(np.corrcoef(shuffled, values)[0, 1]) < 0.08
    # A ramp comes out normal: its fourth moment is 3 (that of a uniform value is 1.8).
    shuffled = draw(4000).apply(ramp)
    assert np.mean((shuffled / shuffled.std()) ** 4) == pytest.approx(3, abs=0.4)


def test_few_strong_values_are_as_normal_as_many_weak_ones():
    few = np.zeros(200, np.float32)
    few[:4] = 50**0.5
    for values in (few, np.ones(200, np.float32)):
        shuffled = np.stack([draw(200, face=face).apply(values) for face in range(500)])
        # Of 100,000 values, give or take 1/32; one transform alone would give the few 2.6.
        assert np.mean(shuffled**4) == pytest.approx(3, abs=0.15)


def test_a_wrong_shuffle_gives_noise():
    values = np.linspace(-3, 3, 4000, dtype=np.float32)
    wrong = draw(4000, OTHER_KEY).undo(draw(4000).apply(values))
    assert abs(np.corrcoef(wrong, values)[0, 1]) < 0.08
