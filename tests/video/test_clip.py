"""The clip whose truth is known, protected and recovered by the command line."""

import json
from pathlib import Path
from typing import get_args

import numpy as np
import pytest

from proface.timing import Stage
from tests.commandline import check_done, run
from tests.video import clips
from tests.video.clips import Truth

PASSWORD = "Grüße, 世界"
FRAMES = 30
SUBTITLES = [(300, 500, "Hello"), (1500, 700, "Wëlt")]
# Of variable rate, in milliseconds.
TIMES = [round(100 * i + 30 * np.sin(i)) for i in range(FRAMES)]


@pytest.fixture(scope="module")
def truth() -> list[Truth]:
    return clips.draw(FRAMES)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, truth: list[Truth]) -> Path:
    """A clip, what became of it, and what came back."""
    folder = tmp_path_factory.mktemp("clip")
    source = [each.pixels for each in truth]
    clips.write(folder / "clip.mkv", source, times=TIMES, tones=2, subtitles=SUBTITLES)
    said = check_done(
        run(
            *("protect", folder / "clip.mkv", "-o", folder / "out.mkv", "--json"),
            *("--boxes-out", folder / "boxes.json"),
            password=PASSWORD,
        )
    )
    (folder / "said.json").write_text(said)
    told = run("recover", folder / "out.mkv", "-o", folder / "back.mkv", password=PASSWORD)
    (folder / "told.txt").write_text(check_done(told))
    return folder


@pytest.fixture(scope="module")
def masks(folder: Path) -> list[np.ndarray]:
    """For each frame, which pixels were protected."""
    entries = json.loads((folder / "boxes.json").read_text())["frames"]
    assert [entry["frame"] for entry in entries] == list(range(FRAMES))
    masks = []
    for entry in entries:
        mask = np.zeros((120, 160), bool)
        for box in entry["faces"]:
            mask[box["y"] : box["y"] + box["height"], box["x"] : box["x"] + box["width"]] = True
        masks.append(mask)
    return masks


def psnr(first: np.ndarray, second: np.ndarray) -> float:
    error = np.mean((first.astype(float) - second) ** 2)
    return float("inf") if error == 0 else float(10 * np.log10(255**2 / error))


def test_no_frame_shows_the_face_unprotected(
    folder: Path, truth: list[Truth], masks: list[np.ndarray]
) -> None:
    source, out = clips.decode(folder / "clip.mkv"), clips.decode(folder / "out.mkv")
    for index, (frame, mask) in enumerate(zip(truth, masks, strict=True)):
        if frame.core is None:
            continue
        left, top, right, bottom = frame.core
        face = np.s_[top:bottom, left:right]
        assert mask[face].all(), f"frame {index}: the face is not covered"
        assert psnr(out[index][1][face], source[index][1][face]) < 30, f"frame {index}"


def test_pixels_outside_are_the_source_s_bit_for_bit(folder: Path, masks: list[np.ndarray]) -> None:
    source = clips.decode(folder / "clip.mkv")
    for name in ("out.mkv", "back.mkv"):
        for (_, before), (_, after), mask in zip(
            source, clips.decode(folder / name), masks, strict=True
        ):
            np.testing.assert_array_equal(after[~mask], before[~mask])


def test_recovered_faces_are_at_35_db_or_more(folder: Path, masks: list[np.ndarray]) -> None:
    source, back = clips.decode(folder / "clip.mkv"), clips.decode(folder / "back.mkv")
    for (_, before), (_, after), mask in zip(source, back, masks, strict=True):
        assert not mask.any() or psnr(after[mask], before[mask]) >= 35


def test_times_sound_and_subtitles_are_carried_over(folder: Path) -> None:
    source = folder / "clip.mkv"
    for name in ("out.mkv", "back.mkv"):
        other = folder / name
        assert [t for t, _ in clips.decode(other)] == [t for t, _ in clips.decode(source)]
        for number in range(2):
            assert clips.packets(other, "audio", number) == clips.packets(source, "audio", number)
        assert clips.packets(other, "subtitles") == clips.packets(source, "subtitles")
        assert [t.language for t in clips.streams(other) if t.type == "audio"] == ["eng", "deu"]


def test_frames_a_second_are_told_with_the_share_of_each_stage(folder: Path) -> None:
    said = json.loads((folder / "said.json").read_text())
    assert said["frames"] == FRAMES
    assert said["faces"] >= FRAMES - 12
    assert said["frames_per_second"] > 0
    assert set(said["shares"]) == {*get_args(Stage), "other"}
    assert all(said["shares"][name] > 0 for name in ("decode", "detect", "network", "encode"))
    assert sum(said["shares"].values()) == pytest.approx(1, abs=0.01)
    told = (folder / "told.txt").read_text()
    for word in ("frames/s", "decode", "network", "encode", f"in {FRAMES} frames"):
        assert word in told


def test_inspection_needs_no_password(folder: Path) -> None:
    found = json.loads(check_done(run("inspect", folder / "out.mkv", "--json")))
    assert found["recoverable"] is True
    assert found["profile"] == "randwr"
    assert (found["width"], found["height"]) == (160, 120)
    assert "recoverable  yes" in check_done(run("inspect", folder / "out.mkv"))


def test_the_entries_track_is_not_shown_by_players(folder: Path) -> None:
    """Neither default nor forced; and what is protected names no program but the format's."""
    track = next(each for each in clips.streams(folder / "out.mkv") if each.title == "proface")
    assert track.disposition == 0
