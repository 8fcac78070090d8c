"""Within the hull a swapped face shows nothing of the original but its light."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from proface import ObfuscatorError, obfuscators
from proface.faces import boxes, detector
from proface.files import images
from proface.obfuscators.swapping import average_faces
from proface.obfuscators.swapping.exchange import SEAM, reach
from proface.obfuscators.swapping.warp import FaceMap, similarity
from proface.showcase.demo import SAMPLE

SWAP = obfuscators.get("swap")


@pytest.fixture(scope="module")
def sample():
    """The sample's face as a crop, and its landmarks."""
    pixels = images.read(SAMPLE).pixels
    found = detector.detect_with_landmarks(pixels)[0]
    box = boxes.enlarge(found.box, *pixels.shape[:2], 1.3)
    return pixels[box.window].copy(), found.landmarks[None] - np.float32([box.x, box.y])


def distance(crop, landmarks, face_index=0):
    height, width = crop.shape[:2]
    model = average_faces.load()[face_index].landmarks
    return reach(
        FaceMap.between(landmarks[0], model, height, width).field(
            (slice(0, height), slice(0, width))
        )
    )


def test_there_are_several_faces_of_nobody_each_of_a_thousand():
    shipped = average_faces.load()
    assert 8 <= len(shipped) <= 12
    assert all(face.pixels.std() > 20 for face in shipped)


def test_outside_the_seam_nothing_changes_and_the_hull_does(sample):
    crop, landmarks = sample
    obfuscated = SWAP.apply(crop, landmarks=landmarks)
    far = distance(crop, landmarks)
    np.testing.assert_array_equal(obfuscated[far >= SEAM], crop[far >= SEAM])
    assert np.abs(obfuscated[far < 1].astype(int) - crop[far < 1]).mean() > 4


def test_details_of_the_hull_do_not_show_through(sample):
    """Stripes of no mean, forty levels strong, change the result by rounding."""
    crop, landmarks = sample
    smooth = cv2.GaussianBlur(crop, (0, 0), 12)
    rows, columns = np.indices(crop.shape[:2])
    stripes = np.where((rows + columns) % 2 == 0, 20, -20) * (distance(crop, landmarks) < 1)
    marked = (smooth.clip(20, 235).astype(int) + stripes[..., None]).astype(np.uint8)
    plain = smooth.clip(20, 235).astype(np.uint8)
    one, other = (SWAP.apply(each, landmarks=landmarks) for each in (plain, marked))
    inside = distance(crop, landmarks) < 1
    assert np.abs(marked[inside].astype(int) - plain[inside]).min() >= 20
    assert np.abs(one[inside].astype(int) - other[inside]).max() <= 6


def test_neighbours_and_seeds_differ_and_all_is_deterministic(sample):
    crop, landmarks = sample
    first = SWAP.apply(crop, landmarks=landmarks, seed=3)
    np.testing.assert_array_equal(first, SWAP.apply(crop, landmarks=landmarks, seed=3))
    np.testing.assert_array_equal(
        first, SWAP.apply(crop, landmarks=landmarks, seed=1, face_index=2)
    )
    assert (first != SWAP.apply(crop, landmarks=landmarks, seed=4)).any()


def test_every_face_of_a_crop_is_swapped(sample):
    crop, landmarks = sample
    pair = np.concatenate([crop, crop], axis=1)
    both = np.concatenate([landmarks, landmarks + np.float32([crop.shape[1], 0])])
    obfuscated = SWAP.apply(pair, landmarks=both)
    left, right = np.split(obfuscated, 2, axis=1)
    alone = SWAP.apply(crop, landmarks=landmarks)
    inside = distance(crop, landmarks) < 1
    assert np.abs(left[inside].astype(int) - alone[inside]).mean() < 1
    assert np.abs(right[inside].astype(int) - crop[inside]).mean() > 4
    assert (left[inside] != right[inside]).any()


def test_a_grey_face_stays_grey(sample):
    crop, landmarks = sample
    grey = cv2.cvtColor(cv2.cvtColor(crop, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)
    obfuscated = SWAP.apply(grey, landmarks=landmarks).astype(int)
    assert np.ptp(obfuscated, axis=2).max() <= 2


@settings(max_examples=25, deadline=None)
@given(
    height=st.integers(1, 80),
    width=st.integers(1, 80),
    points=st.lists(st.floats(-200, 200, width=32), min_size=10, max_size=10),
)
def test_any_size_and_senseless_landmarks_are_survived(height, width, points):
    crop = np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)
    before = crop.copy()
    landmarks = np.array(points, np.float32).reshape(1, 5, 2)
    assert SWAP.apply(crop, landmarks=landmarks).shape == crop.shape
    assert SWAP.apply(crop).shape == crop.shape
    np.testing.assert_array_equal(crop, before)


def test_landmarks_that_are_not_finite_count_as_unknown(sample):
    crop, landmarks = sample
    obfuscated = SWAP.apply(crop, landmarks=np.full_like(landmarks, np.nan))
    np.testing.assert_array_equal(obfuscated, SWAP.apply(crop))


@given(angle=st.floats(-3, 3), scale=st.floats(0.05, 20), shift=st.floats(-500, 500))
def test_a_similarity_is_found_again(angle, scale, shift):
    factor = scale * np.exp(1j * angle)
    moved = (average_faces.MODEL[:, 0] + 1j * average_faces.MODEL[:, 1]) * factor + shift
    target = np.column_stack([moved.real, moved.imag])
    found = similarity(average_faces.MODEL, target)
    np.testing.assert_allclose(
        average_faces.MODEL @ found[:, :2].T + found[:, 2], target, atol=1e-3 * max(1, scale)
    )


def test_a_donor_takes_the_place_of_all_faces(tmp_path, sample):
    crop, landmarks = sample
    donor = SWAP.using(donor=SAMPLE)
    obfuscated = donor.apply(crop, landmarks=landmarks)
    assert (obfuscated != SWAP.apply(crop, landmarks=landmarks)).any()
    # The donor is the very person: nearly the picture itself comes back.
    inside = distance(crop, landmarks) < 0.8
    assert np.abs(obfuscated[inside].astype(int) - crop[inside]).mean() < 12


def test_donors_that_cannot_be_used_are_refused(tmp_path):
    with pytest.raises(ObfuscatorError, match="cannot be used"):
        SWAP.using(donor=tmp_path / "missing.png")
    flat = tmp_path / "flat.png"
    Image.new("RGB", (200, 200), "grey").save(flat)
    with pytest.raises(ObfuscatorError, match="no face"):
        SWAP.using(donor=flat)
    with Image.open(SAMPLE) as picture:
        two = Image.new("RGB", (picture.width * 2, picture.height))
        two.paste(picture, (0, 0))
        two.paste(picture, (picture.width, 0))
    two.save(tmp_path / "two.png")
    with pytest.raises(ObfuscatorError, match="crop it"):
        SWAP.using(donor=tmp_path / "two.png")
