"""Boxes, what is made of them, and the detector on a real picture."""

import json

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from skimage import data

from proface.errors import BoxError, PictureError
from proface.faces.boxes import Box, load_boxes, prepare
from proface.faces.detector import detect, detect_with_landmarks
from tests.shared import FOLDER

PHOTOS = FOLDER / "photos"


@pytest.fixture(scope="module")
def astronaut():
    return data.astronaut()


def test_the_astronauts_face_is_found(astronaut):
    (detection,) = detect_with_landmarks(astronaut)
    box = detection.box
    # By eye, forehead to chin and cheek to cheek: columns 182 to 267, rows 78 to 178.
    assert 165 <= box.x <= 182
    assert 45 <= box.y <= 78
    assert 267 <= box.right <= 285
    assert 178 <= box.bottom <= 195
    assert box.score > 0.8
    assert detect(astronaut) == [box]


def test_landmarks_lie_on_the_features(astronaut):
    (detection,) = detect_with_landmarks(astronaut)
    by_eye = [(203, 101), (248, 103), (228, 126), (204, 140), (246, 141)]
    assert detection.landmarks.shape == (5, 2)
    assert np.abs(detection.landmarks - by_eye).max() < 7


@pytest.mark.parametrize("scale", [0.25, 1.0, 3.5])
def test_faces_are_found_at_every_size(astronaut, scale):
    picture = cv2.resize(astronaut, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    (box,) = detect(picture, 0.4)
    assert abs((box.x + box.right) / 2 / scale - 222) < 15
    assert abs((box.y + box.bottom) / 2 / scale - 122) < 20
    assert 90 < box.height / scale < 160


def test_a_face_that_fills_the_picture_and_one_that_is_cut_are_found(astronaut):
    assert len(detect(astronaut[50:200, 165:275])) == 1
    (box,) = detect(astronaut[:, 215:])
    assert box.x <= 3


def test_several_faces_are_told_apart(astronaut):
    pair = np.hstack([astronaut[:256, 96:352], astronaut[:256, 96:352]])
    left, right = sorted(detect(pair), key=lambda box: box.x)
    assert abs(right.x - left.x - 256) < 10
    assert not left.overlaps(right)


@pytest.mark.skipif(not PHOTOS.is_dir(), reason="needs the photographs, see PROFACE_SHARED")
@pytest.mark.parametrize(
    ("name", "least", "most"),
    [("city.jpg", 22, 26), ("couple.jpg", 2, 2), ("img59.jpg", 2, 2), ("img8.jpg", 1, 2)],
)
def test_the_faces_of_real_photographs_are_found(name, least, most):
    found = detect(np.asarray(Image.open(PHOTOS / name)))
    assert least <= len(found) <= most


@pytest.mark.parametrize("shape", [(1, 1), (1, 300), (300, 1), (7, 9), (200, 300)])
@pytest.mark.parametrize("value", [0, 128, 255])
def test_flat_and_tiny_pictures_have_no_face(shape, value):
    assert detect(np.full((*shape, 3), value, np.uint8)) == []


def test_detect_refuses_bad_input():
    for picture in (
        np.zeros((0, 5, 3), np.uint8),
        np.zeros((5, 5), np.uint8),
        np.zeros((5, 5, 4), np.uint8),
        np.zeros((5, 5, 3), np.float32),
    ):
        with pytest.raises(PictureError, match="H x W x 3"):
            detect(picture)
    for threshold in (0.0, 1.0, -1.0, float("nan")):
        with pytest.raises(BoxError, match="threshold"):
            detect(np.zeros((5, 5, 3), np.uint8), threshold)


def test_box():
    box = Box(np.int64(3), 4, 5, np.uint8(6), 0.5)
    assert (box.right, box.bottom) == (8, 10)
    assert json.dumps([box.x, box.height]) == "[3, 6]"
    picture = np.arange(400).reshape(20, 20)
    assert picture[box.window].shape == (6, 5)
    assert picture[box.window][0, 0] == 4 * 20 + 3
    assert box.overlaps(Box(7, 9, 1, 1))
    assert not box.overlaps(Box(8, 4, 5, 6))


@pytest.mark.parametrize(
    ("values", "named"),
    [
        ((-1, 0, 1, 1), "x is -1"),
        ((0, -1, 1, 1), "y is -1"),
        ((0, 0, 0, 1), "width is 0"),
        ((0, 0, 1, 0), "height is 0"),
        ((0.5, 0, 1, 1), "x is 0.5"),
        ((True, 0, 1, 1), "x is True"),
        (("1", 0, 1, 1), "x is '1'"),
        ((0, 0, None, 1), "width is None"),
    ],
)
def test_a_malformed_box_is_refused(values, named):
    with pytest.raises(BoxError, match=named):
        Box(*values)


@st.composite
def scenes(draw):
    """A picture's size, boxes that start within it, and a mask scale."""
    height, width = draw(st.integers(1, 120)), draw(st.integers(1, 120))
    box = st.builds(
        Box,
        st.integers(0, width - 1),
        st.integers(0, height - 1),
        st.integers(1, 60),
        st.integers(1, 60),
        st.none() | st.floats(0, 1),
    )
    return height, width, draw(st.lists(box, max_size=12)), draw(st.floats(1.0, 3.0))


@given(scenes())
@settings(max_examples=100, deadline=None)
def test_prepared_boxes_are_disjoint_even_and_cover_the_enlarged_ones(scene):
    height, width, boxes, scale = scene
    prepared = prepare(boxes, height, width, scale)
    count = np.zeros((height, width), int)
    for box in prepared:
        assert box.right <= width
        assert box.bottom <= height
        assert box.width % 2 == 0 or box.width == width
        assert box.height % 2 == 0 or box.height == height
        assert box.width >= min(32, width)
        assert box.height >= min(32, height)
        count[box.window] += 1
    assert count.max(initial=0) <= 1
    for box in boxes:
        more_x, more_y = (scale - 1) * box.width / 2, (scale - 1) * box.height / 2
        rows = slice(max(0, round(box.y - more_y)), round(box.bottom + more_y))
        columns = slice(max(0, round(box.x - more_x)), round(box.right + more_x))
        assert count[rows, columns].all()
    assert prepared == sorted(prepared, key=lambda box: (box.y, box.x))
    assert bool(prepared) == bool(boxes)


@given(scenes())
@settings(max_examples=50, deadline=None)
def test_preparing_twice_changes_nothing(scene):
    height, width, boxes, scale = scene
    once = prepare(boxes, height, width, scale)
    assert prepare(once, height, width) == once


def test_prepare_leaves_good_boxes_alone_and_keeps_the_best_score():
    boxes = [Box(10, 10, 38, 40, 0.3), Box(47, 10, 40, 40, 0.9), Box(10, 60, 38, 38)]
    prepared = prepare(boxes, 100, 100)
    assert prepared == [Box(10, 10, 78, 40), Box(10, 60, 38, 38)]
    assert [box.score for box in prepared] == [0.9, None]


def test_prepare_enlarges_about_the_centre():
    assert prepare([Box(40, 40, 20, 18)], 100, 100, 2.0) == [Box(30, 31, 40, 36)]


def test_prepare_refuses_bad_input():
    with pytest.raises(BoxError, match="outside the picture of 10 x 20"):
        prepare([Box(10, 0, 5, 5)], 20, 10)
    for scale in (0.0, -1.0, float("nan"), float("inf"), 101.0):
        with pytest.raises(BoxError, match="mask scale"):
            prepare([Box(0, 0, 5, 5)], 20, 10, scale)


@pytest.mark.parametrize("wrap", [list, lambda boxes: {"faces": boxes, "profile": "p"}])
def test_boxes_are_loaded_from_json(tmp_path, wrap):
    path = tmp_path / "boxes.json"
    entries = [
        {"x": 1, "y": 2, "width": 3, "height": 4, "score": 0.5, "sha256": "ignored"},
        {"x": 9, "y": 8, "width": 7, "height": 6},
    ]
    path.write_text(json.dumps(wrap(entries)))
    boxes = load_boxes(path)
    assert boxes == [Box(1, 2, 3, 4), Box(9, 8, 7, 6)]
    assert [box.score for box in boxes] == [0.5, None]


@pytest.mark.parametrize(
    ("content", "named"),
    [
        ("", "not JSON"),
        ("[" * 100_000, "not JSON"),
        ("\udcff", "not JSON"),
        ("{}", "list of boxes"),
        ('{"faces": 3}', "list of boxes"),
        ('"boxes"', "list of boxes"),
        ("[3]", "box 0: expected an object"),
        ('[{"x": 1, "y": 2, "width": 3}]', "box 0: height is missing"),
        ('[{"x": 1.5, "y": 2, "width": 3, "height": 4}]', "box 0: a box's x is 1.5"),
        ('[{"x": true, "y": 2, "width": 3, "height": 4}]', "box 0: a box's x is True"),
        ('[{"x": 1, "y": 2, "width": 0, "height": 4}]', "box 0: a box's width is 0"),
        ('[{"x": 1, "y": 2, "width": 3, "height": 4, "score": "high"}]', "box 0: score is 'high'"),
        ("[" + ",".join(["0"] * 4097) + "]", "holds 4097 boxes"),
        (" " * (16 * 2**20 + 1), "more than 16777216 bytes"),
    ],
)
def test_bad_box_files_are_refused(tmp_path, content, named):
    path = tmp_path / "boxes.json"
    path.write_bytes(content.encode(errors="surrogateescape"))
    with pytest.raises(BoxError, match=named) as caught:
        load_boxes(path)
    assert "boxes.json" in str(caught.value)


def test_unreadable_box_files_are_refused(tmp_path):
    for path in (tmp_path / "missing.json", tmp_path):
        with pytest.raises(BoxError, match="cannot read"):
            load_boxes(path)
