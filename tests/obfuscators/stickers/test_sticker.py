"""Stickers: of what they cover nothing shows through, wherever and however a face lies."""

from itertools import pairwise

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from skimage import data

from proface import ObfuscatorError, obfuscators
from proface.faces.boxes import Box
from proface.obfuscators import usual_landmarks
from proface.obfuscators.stickers.cartoon import canvas, face
from proface.obfuscators.stickers.cartoon.palette import Chance
from proface.obfuscators.stickers.placing import place
from proface.picture import protection, regions
from proface.picture.options import DetectionOptions, LookOptions

STICKER = obfuscators.get("sticker")
FRONTAL = np.array([[-0.46, -0.5], [0.46, -0.5], [0, 0.05], [-0.38, 0.5], [0.38, 0.5]])
PROFILE = np.array([[-0.03, -0.5], [0.03, -0.5], [-0.42, 0.05], [-0.02, 0.5], [0.03, 0.5]])
TELLING = np.array(
    [
        *([-0.85, -0.75], [0.85, -0.75], [-0.45, -0.92], [0.45, -0.92]),
        *([-0.5, -0.5], [0.5, -0.5], [0, 0.05], [-0.4, 0.5], [0.4, 0.5]),
        *([0, 1.15], [-0.3, 1.05], [0.3, 1.05]),
    ]
)
"""Brows, eyes, nose, corners of the mouth and chin of a frontal face, in the face's unit."""


def noise(height, width, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)


def turned(points, unit, degrees, x, y):
    """Points of a face's unit in a crop's pixels."""
    angle = np.radians(degrees)
    rotation = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    return (unit * points @ rotation + [x, y]).astype(np.float32)


def covered(crop, landmarks, **choices):
    """Which pixels a sticker covers: two crops that differ everywhere agree there."""
    inverse = 255 - crop
    first = STICKER.apply(crop, landmarks=landmarks, **choices)
    second = STICKER.apply(inverse, landmarks=landmarks, **choices)
    kept = (first == crop).all(axis=2) & (second == inverse).all(axis=2)
    return ~kept


def independent(crop, landmarks, **choices):
    """Assert that what is covered is the same whatever lies beneath; the covered pixels."""
    obfuscated = covered(crop, landmarks, **choices)
    other = np.where(obfuscated[:, :, None], noise(*crop.shape[:2], seed=99), crop)
    np.testing.assert_array_equal(
        STICKER.apply(crop, landmarks=landmarks, **choices),
        STICKER.apply(other, landmarks=landmarks, **choices),
    )
    return obfuscated


anywhere = st.floats(-2, 3)
faces_ = st.tuples(
    st.sampled_from([FRONTAL, PROFILE]),
    st.floats(0.02, 3),
    st.floats(-180, 180),
    anywhere,
    anywhere,
)


@settings(max_examples=40, deadline=None)
@given(
    height=st.integers(1, 70),
    width=st.integers(1, 70),
    known=st.lists(faces_, min_size=1, max_size=3),
    seed=st.integers(0, 2**32 - 1),
)
def test_nothing_beneath_shows_through_wherever_faces_lie(height, width, known, seed):
    side = max(height, width)
    landmarks = np.stack(
        [turned(form, u * side, angle, x * width, y * height) for form, u, angle, x, y in known]
    )
    crop = noise(height, width)
    before = crop.copy()
    obfuscated = independent(crop, landmarks, seed=seed)
    assert obfuscated.any()
    np.testing.assert_array_equal(crop, before)


@pytest.mark.parametrize(
    "landmarks",
    [
        np.zeros((1, 5, 2)),
        np.full((1, 5, 2), 20.0),
        np.full((1, 5, 2), np.nan),
        np.full((1, 5, 2), np.inf),
        np.full((1, 5, 2), -1e9),
        usual_landmarks(40, 30) * 1e6,
        usual_landmarks(40, 30) + 500,
        usual_landmarks(40, 30)[:, ::-1],
    ],
)
def test_landmarks_that_make_no_face_still_obfuscate_one(landmarks):
    obfuscated = independent(noise(40, 30), landmarks.astype(np.float32))
    eyes_nose_mouth = usual_landmarks(40, 30)[0].astype(int)
    assert obfuscated[eyes_nose_mouth[:, 1], eyes_nose_mouth[:, 0]].all()


@pytest.mark.parametrize("degrees", [0, 17, -40, 90, 180])
@pytest.mark.parametrize("unit", [3, 12, 40])
def test_a_turned_face_is_covered_from_the_brows_to_the_chin(degrees, unit):
    landmarks = turned(FRONTAL, unit, degrees, 90, 80)[None]
    points = turned(TELLING, unit, degrees, 90, 80).astype(int)
    obfuscated = covered(noise(160, 180), landmarks)
    assert obfuscated[points[:, 1], points[:, 0]].all()


def test_a_profile_is_covered_with_nose_and_brow():
    landmarks = turned(PROFILE, 40, -8, 90, 80)[None]
    telling = [[-0.55, 0.05], [-0.45, -0.6], [-0.3, -0.85], [0.25, -0.75], [-0.4, 0.5], [-0.3, 1.1]]
    points = turned(np.array(telling), 40, -8, 90, 80).astype(int)
    obfuscated = covered(noise(160, 180), landmarks)
    assert obfuscated[points[:, 1], points[:, 0]].all()


@pytest.mark.parametrize("seed", range(3))
def test_every_drawn_face_covers_the_whole_inner_face(seed):
    landmarks = turned(FRONTAL, 20, 0, 40, 40)
    where = place(landmarks, 80, 80)
    inner = where.inner_face(80, 80)
    for face_index in range(40):
        alpha = canvas.paint(face(seed, face_index), where.matrix, 80, 80)[:, :, 3]
        assert alpha[inner].min() == 255, face_index


def test_equal_seeds_give_equal_looks_and_neighbours_differ():
    crop = np.full((64, 64, 3), 90, np.uint8)
    looks = [STICKER.apply(crop, seed=5, face_index=index) for index in range(40)]
    assert len({look.tobytes() for look in looks}) == 40
    np.testing.assert_array_equal(looks[7], STICKER.apply(crop, seed=5, face_index=7))
    assert not np.array_equal(STICKER.apply(crop, seed=6, face_index=7), looks[7])
    hands = [Chance(5, index).deal(range(8)) for index in range(16)]
    assert all(hand != following for hand, following in pairwise(hands))
    assert set(hands) == set(range(8))


def test_a_sticker_is_the_same_at_every_size_but_for_its_pixels_softness():
    small = STICKER.apply(np.full((100, 80, 3), 90, np.uint8))
    large = STICKER.apply(np.full((1200, 960, 3), 90, np.uint8))
    reduced = large.reshape(100, 12, 80, 12, 3).mean(axis=(1, 3))
    softened = cv2.GaussianBlur(reduced, (0, 0), 0.85)
    assert np.abs(softened - small).mean() < 1.5


def test_a_sticker_is_no_sharper_than_a_photograph_and_neither_black_nor_white():
    obfuscated = STICKER.apply(np.full((112, 112, 3), 128, np.uint8))
    assert 6 <= obfuscated.min() < obfuscated.max() <= 249
    spectrum = np.abs(np.fft.fft2(obfuscated.mean(axis=2) - obfuscated.mean())) ** 2
    fine = np.hypot(*np.meshgrid(np.fft.fftfreq(112), np.fft.fftfreq(112))) > 0.4
    assert spectrum[fine].sum() < 1e-3 * spectrum.sum()


def test_every_face_of_a_crop_gets_a_sticker_of_its_own():
    places = [turned(FRONTAL, 20, 0, x, 50) for x in (45, 135)]
    crop = np.full((100, 180, 3), 90, np.uint8)
    both = STICKER.apply(crop, landmarks=np.stack(places), face_index=3)
    for index, landmarks in enumerate(places):
        alone = STICKER.apply(crop, landmarks=landmarks[None], face_index=3 + index)
        half = np.s_[:, 90 * index : 90 * (index + 1)]
        np.testing.assert_array_equal(both[half], alone[half])


def test_an_edge_takes_its_colours_from_what_stays_visible():
    crop = np.full((90, 90, 3), (10, 200, 60), np.uint8)
    obfuscated = covered(crop, usual_landmarks(90, 90))
    crop[obfuscated] = (255, 0, 0)
    rim = obfuscated & ~np.roll(obfuscated, 3, 0)
    assert STICKER.apply(crop)[rim].astype(int)[:, 1].mean() > 20


def test_an_ellipse_keeps_the_corners():
    picture = noise(100, 100)
    (region,) = regions.choose(picture, [Box(10, 5, 70, 90)], DetectionOptions())
    inside = region.ellipses(100, 100)
    obfuscated = region.obfuscate(picture, LookOptions("sticker", shape="ellipse"))
    whole = region.obfuscate(picture, LookOptions("sticker"))
    np.testing.assert_array_equal(obfuscated[inside], whole[inside])
    np.testing.assert_array_equal(obfuscated[~inside], picture[region.box.window][~inside])


def test_it_has_no_strength():
    with pytest.raises(ObfuscatorError, match="sticker has no strength"):
        STICKER.apply(noise(20, 20), 3)


def test_a_face_under_a_sticker_comes_back():
    picture = data.astronaut()[:240, 100:340]
    protected = protection.protect(picture, "tulip", obfuscator="sticker", seed=4)
    recovered = protection.recover(protected.pixels, "tulip", manifest=protected.manifest)
    (box,) = protected.faces
    error = (recovered.pixels.astype(float) - picture)[box.window]
    assert 10 * np.log10(255**2 / np.mean(error**2)) > 35
