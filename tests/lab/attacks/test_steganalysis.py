"""Steganalysis: features, the two judges, and the area under the curve."""

import numpy as np
import pytest

from proface.lab.attacks.steganalysis import (
    Discriminant,
    area_under_curve,
    detector_scores,
    spam,
    train_detector,
)


def smooth(count, seed):
    """Pictures of slow waves."""
    generator = np.random.default_rng(seed)
    y, x = np.mgrid[:64, :64, :1][:2]
    phase, slope = generator.uniform(0, 6, (2, count, 1, 1, 3))
    waves = np.sin(phase + x / 20 + slope * y / 50)
    return np.rint(128 + 80 * waves).astype(np.uint8)


def noisy(pictures, seed):
    """One level up or down on a tenth of the samples."""
    generator = np.random.default_rng(seed)
    change = generator.choice([-1, 0, 1], pictures.shape, p=[0.05, 0.9, 0.05])
    return (pictures + change).astype(np.uint8)


def test_area_under_curve_of_known_scores():
    low, high = np.array([0.0, 1, 2]), np.array([3.0, 4])
    assert area_under_curve(low, high) == 1
    assert area_under_curve(high, low) == 0
    assert area_under_curve(low, low) == 0.5
    assert area_under_curve(np.array([0.0, 2]), np.array([1.0])) == 0.5


def test_spam_of_a_flat_picture_is_one_bin_in_each_half():
    features = spam(np.full((1, 16, 16, 3), 7, np.uint8))
    assert features.shape == (1, 686)
    assert sorted(features[0])[-2:] == [1, 1]
    assert features.sum() == 2


def test_spam_does_not_care_for_mirroring():
    picture = np.random.default_rng(0).integers(0, 256, (1, 20, 30, 3), dtype=np.uint8)
    assert spam(picture) == pytest.approx(spam(picture[:, :, ::-1]))
    assert spam(picture) == pytest.approx(spam(picture[:, ::-1]))


def test_the_discriminant_sees_faint_noise_in_pictures_it_has_not_seen():
    plain, fresh = smooth(60, 0), smooth(40, 1)
    judge = Discriminant.fit(spam(plain), spam(noisy(plain, 2)))
    marked = noisy(fresh, 3)
    assert area_under_curve(judge.scores(spam(fresh)), judge.scores(spam(marked))) > 0.99


def test_the_network_sees_faint_noise_too():
    plain, fresh = smooth(60, 0), smooth(40, 1)
    detector = train_detector(plain, noisy(plain, 2), steps=80, seed=0, batch=4, side=48)
    scores = (detector_scores(detector, pictures) for pictures in (fresh, noisy(fresh, 3)))
    assert area_under_curve(*scores) > 0.95


def test_nobody_sees_a_difference_where_there_is_none():
    plain, fresh, others = smooth(60, 0), smooth(60, 1), smooth(60, 2)
    judge = Discriminant.fit(spam(plain), spam(smooth(60, 3)))
    area = area_under_curve(judge.scores(spam(fresh)), judge.scores(spam(others)))
    assert area == pytest.approx(0.5, abs=0.2)
