"""Clips that hold nothing, or more than a protected one can."""

from pathlib import Path

import av
import numpy as np
import pytest
from av.video.frame import VideoFrame

from proface.errors import VideoError
from proface.video.plain_copy import copy
from tests.video import clips


def test_an_empty_file_is_called_empty(tmp_path: Path) -> None:
    clip = tmp_path / "empty.mp4"
    clip.touch()
    with pytest.raises(VideoError, match=r"empty\.mp4: the file is empty"):
        copy(clip, tmp_path / "out.mkv")
    assert not (tmp_path / "out.mkv").exists()


@pytest.mark.parametrize(("codec", "pixels"), [("qtrle", "argb"), ("png", "rgba")])
def test_transparency_is_dropped_with_a_note(codec: str, pixels: str, tmp_path: Path) -> None:
    clip = tmp_path / "alpha.mov"
    shown = np.random.default_rng(0).integers(0, 256, (48, 64, 4), np.uint8)
    with av.open(str(clip), "w") as out:
        stream = out.add_stream(codec, rate=10)
        stream.width, stream.height, stream.pix_fmt = 64, 48, pixels
        for index in range(3):
            frame = VideoFrame.from_ndarray(shown, format="rgba").reformat(format=pixels)
            frame.pts = index
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    count, notes = copy(clip, tmp_path / "out.mkv")
    assert count == 3
    assert any("transparency of the video was dropped" in note for note in notes)
    assert all(np.array_equal(got, shown[..., :3]) for _, got in clips.decode(tmp_path / "out.mkv"))


def test_an_opaque_video_has_no_note(tmp_path: Path) -> None:
    frames = [each.pixels for each in clips.draw(3, 64, 48, 40, (3, 3), 0)]
    _, notes = copy(clips.write(tmp_path / "a.mkv", frames), tmp_path / "out.mkv")
    assert notes == ()
