"""Which parts of a picture are hidden, and that no original pixel of them shows through."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from skimage import data

from proface import BoxError, NoFaceError, ObfuscatorError
from proface.faces.boxes import Box
from proface.faces.detector import detect_with_landmarks
from proface.picture import regions
from proface.picture.options import DetectionOptions, LookOptions


def noise(height, width, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)


def test_a_detected_face_keeps_its_landmarks():
    picture = data.astronaut()
    (found,) = detect_with_landmarks(picture)
    (region,) = regions.choose(picture, "auto", DetectionOptions())
    (member,) = region.members
    assert np.array_equal(member.landmarks, found.landmarks)
    assert not region.guessed
    corner = np.array([region.box.x, region.box.y])
    np.testing.assert_allclose(region.landmarks()[0] + corner, found.landmarks)


@pytest.mark.parametrize("faces", ["whole", [Box(160, 60, 130, 130)]])
def test_landmarks_of_given_faces_are_looked_for_if_they_matter(faces):
    picture = data.astronaut()
    (found,) = detect_with_landmarks(picture)
    (region,) = regions.choose(picture, faces, DetectionOptions(), landmarks=True)
    assert np.array_equal(region.members[0].landmarks, found.landmarks)
    (blind,) = regions.choose(picture, faces, DetectionOptions())
    assert blind.guessed
    assert blind.landmarks().shape == (1, 5, 2)


def test_faces_that_overlap_become_one_region_that_knows_both():
    boxes = [Box(10, 10, 40, 40), Box(45, 20, 40, 40), Box(120, 10, 40, 40)]
    both, single = regions.choose(noise(100, 200), boxes, DetectionOptions())
    assert [member.box for member in both.members] == boxes[:2]
    assert [member.box for member in single.members] == boxes[2:]
    assert [face_index for face_index, _ in regions.indexed([both, single])] == [0, 2]
    # The guess lies within each face's own box.
    corner = np.array([both.box.x, both.box.y])
    for box, face in zip(boxes[:2], both.landmarks() + corner, strict=True):
        assert box.x < face[:, 0].min() < face[:, 0].max() < box.right
        assert box.y < face[:, 1].min() < face[:, 1].max() < box.bottom


def test_bad_choices_are_refused():
    picture = noise(40, 40)
    with pytest.raises(BoxError, match="'auto', 'whole'"):
        regions.choose(picture, "all", DetectionOptions())
    with pytest.raises(BoxError, match="outside the picture of 40 x 40"):
        regions.choose(picture, [Box(30, 0, 20, 20)], DetectionOptions())
    with pytest.raises(NoFaceError, match="list of boxes is empty"):
        regions.choose(picture, [], DetectionOptions())
    with pytest.raises(ObfuscatorError, match="box or ellipse"):
        LookOptions(shape="circle")


@settings(max_examples=25, deadline=None)
@given(
    x=st.integers(1, 30), y=st.integers(1, 30), width=st.integers(8, 60), height=st.integers(8, 60)
)
def test_an_ellipse_obfuscates_the_inside_and_leaves_the_corners(x, y, width, height):
    picture = noise(100, 100)
    box = Box(x, y, width, height)
    (region,) = regions.choose(picture, [box], DetectionOptions())
    crop = picture[region.box.window]
    inside = region.ellipses(100, 100)
    obfuscated = region.obfuscate(picture, LookOptions("pixelate", shape="ellipse"))
    whole = region.obfuscate(picture, LookOptions("pixelate"))
    assert np.array_equal(obfuscated[inside], whole[inside])
    assert np.array_equal(obfuscated[~inside], crop[~inside])
    assert abs(inside.sum() - np.pi / 4 * width * height) < 2 * (width + height)


def test_the_ellipses_of_all_faces_of_a_region_are_obfuscated():
    boxes = [Box(10, 10, 40, 40), Box(45, 20, 40, 40)]
    (region,) = regions.choose(noise(100, 200), boxes, DetectionOptions())
    inside = region.ellipses(100, 200)
    for box in boxes:
        centre = (box.y + box.height // 2 - region.box.y, box.x + box.width // 2 - region.box.x)
        assert inside[centre]


@settings(max_examples=50, deadline=None)
@given(
    left=st.integers(-60, 60),
    top=st.integers(-60, 60),
    width=st.integers(60, 130),
    height=st.integers(60, 130),
)
def test_the_ellipse_of_a_face_that_is_cut_off_at_the_border_is_covered(left, top, width, height):
    """Whatever part of the face lies beyond, its own ellipse is covered within the picture."""
    x, y = max(left, 0), max(top, 0)
    right, bottom = min(left + width, 120), min(top + height, 110)
    assume(x < right and y < bottom)
    box = Box(x, y, right - x, bottom - y)
    (region,) = regions.choose(noise(110, 120), [box], DetectionOptions())
    rows, columns = np.mgrid[:110, :120] + 0.5
    across = (columns - left) / width * 2 - 1
    down = (rows - top) / height * 2 - 1
    face = across**2 + down**2 <= 1
    covered = np.zeros((110, 120), bool)
    covered[region.box.window] = region.ellipses(110, 120)
    assert not (face & ~covered).any()


def test_what_a_cut_off_face_shows_at_the_border_is_obfuscated():
    picture = noise(100, 100)
    (region,) = regions.choose(picture, [Box(0, 30, 40, 60)], DetectionOptions())
    hidden = region.obfuscate(picture, LookOptions("pixelate", shape="ellipse"))
    crop = picture[region.box.window]
    assert (hidden != crop)[:, :10].mean() > 0.95  # to the border, in the corners, too
    assert np.array_equal(hidden[0, -1], crop[0, -1])  # the inner corners stay
