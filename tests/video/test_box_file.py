"""Boxes for every frame, from files that anyone may have written."""

import io
import json
from pathlib import Path

import pytest

from proface.errors import BoxError
from proface.faces.boxes import Box
from proface.video import box_file
from proface.video.box_file import BoxesFile, GivenBoxes

ONE = {"x": 1, "y": 2, "width": 3, "height": 4}


def given(tmp_path: Path, content: object) -> GivenBoxes:
    path = tmp_path / "boxes.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return GivenBoxes(path)


def test_what_is_written_can_be_read(tmp_path: Path) -> None:
    file = io.BytesIO()
    writing = BoxesFile(file)
    for frame in range(4):
        writing.add(frame, frame / 25, [Box(frame, 2, 3, 4)] * (frame % 2))
    writing.close()
    reading = given(tmp_path, file.getvalue().decode())
    assert json.loads(file.getvalue())["frames"][1]["time"] == 0.04
    assert [reading.at(frame) for frame in range(5)] == [
        [],
        [Box(1, 2, 3, 4)],
        [],
        [Box(3, 2, 3, 4)],
        [],
    ]


def test_no_frames_are_written_as_none(tmp_path: Path) -> None:
    file = io.BytesIO()
    BoxesFile(file).close()
    assert given(tmp_path, file.getvalue().decode()).at(0) == []


@pytest.mark.parametrize("content", [[ONE], {"faces": [ONE]}, {"width": 9, "faces": [ONE]}])
def test_boxes_of_a_picture_stand_for_every_frame(tmp_path: Path, content: object) -> None:
    reading = given(tmp_path, content)
    assert reading.at(0) == reading.at(7) == [Box(1, 2, 3, 4)]


def test_frames_may_be_left_out_and_written_in_any_layout(tmp_path: Path) -> None:
    entries = [{"frame": 2, "faces": [ONE]}, {"frame": 9, "time": 3, "faces": []}]
    reading = given(tmp_path, json.dumps({"frames": entries}, indent=4))
    assert [len(reading.at(frame)) for frame in range(10)] == [0, 0, 1, 0, 0, 0, 0, 0, 0, 0]


@pytest.mark.parametrize(
    "content",
    [
        "",
        "nonsense",
        "[" * 100_000,
        "7",
        "{}",
        {"frames": {}},
        {"frames": [7]},
        {"frames": [{"faces": []}]},
        {"frames": [{"frame": True, "faces": []}]},
        {"frames": [{"frame": 0}]},
        {"frames": [{"frame": 0, "faces": [{"x": 1}]}]},
        {"frames": [{"frame": 3, "faces": []}, {"frame": 3, "faces": []}]},
        '{"frames": [{"frame": 0, "faces": []} {"frame": 1, "faces": []}]}',
        '{"frames": [{"frame": 0, "faces": []}',
        '{"frames": [{"frame": 0, "faces": []},',
        '{"frames": [' + "[" * 100_000,
        [{"x": -1, "y": 0, "width": 1, "height": 1}],
    ],
)
def test_what_is_no_boxes_file_is_refused_at_once(tmp_path: Path, content: object) -> None:
    with pytest.raises(BoxError):
        given(tmp_path, content)


def test_a_file_that_is_not_there_or_too_long(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(BoxError, match="cannot read"):
        GivenBoxes(tmp_path / "none.json")
    monkeypatch.setattr(box_file, "MAX_CHARACTERS", 10)
    with pytest.raises(BoxError, match="more than"):
        given(tmp_path, [ONE])
