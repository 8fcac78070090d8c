"""The shape of pixels, fields, colours and transparency of a clip, kept or told."""

import json
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from tests.commandline import check_done, check_refused, run
from tests.video import clips

PASSWORD = "correct horse"


def frames(count: int = 6, width: int = 64, height: int = 48) -> list[np.ndarray]:
    return [each.pixels for each in clips.draw(count, width, height, 40, (count, count), 0)]


def encode(  # noqa: PLR0913 - by keywords
    path: Path,
    pictures: list[av.VideoFrame],
    codec: str = "libx264",
    *,
    aspect: Fraction | None = None,
    rotation: int = 0,
    options: dict[str, str] | None = None,
    colours: tuple[int, int, int] | None = None,
) -> Path:
    """A clip of frames as they are, at 10 a second; colours: primaries, transfer, matrix."""
    with av.open(str(path), "w") as out:
        video = out.add_stream(codec, rate=10, options=options or {})
        context = video.codec_context
        context.width, context.height = pictures[0].width, pictures[0].height
        context.pix_fmt = pictures[0].format.name
        if aspect is not None:
            context.sample_aspect_ratio = aspect
        if colours is not None:
            context.color_primaries, context.color_trc, context.colorspace = colours
        if rotation:
            video.set_display_rotation(rotation)
        for index, picture in enumerate(pictures):
            picture.pts, picture.time_base = index, Fraction(1, 10)
            out.mux(video.encode(picture))
        out.mux(video.encode(None))
    return path


def pictures(drawn: list[np.ndarray], form: str = "yuv420p") -> list[av.VideoFrame]:
    return [
        av.VideoFrame.from_ndarray(each, format="rgb24").reformat(format=form) for each in drawn
    ]


def protect(clip: Path, *more: str, out: str = "out.mkv"):
    boxes = clip.with_name("boxes.json")
    boxes.write_text(json.dumps([{"x": 8, "y": 6, "width": 30, "height": 30}]))
    given = ("--boxes", boxes, "--profile", "sealed", *more)
    return run("protect", clip, "-o", clip.with_name(out), *given, password=PASSWORD)


def recover(folder: Path):
    files = (folder / "out.mkv", "-o", folder / "back.mkv")
    return run("recover", *files, password=PASSWORD)


def aspect_of(path: Path) -> Fraction | None:
    with av.open(str(path)) as container:
        return container.streams.video[0].sample_aspect_ratio


@pytest.mark.parametrize(
    ("aspect", "rotation", "codec"),
    [
        (Fraction(64, 45), 0, "ffv1"),
        (Fraction(16, 15), 0, "x264"),
        (Fraction(10, 11), 90, "ffv1"),
        (Fraction(4, 3), 180, "ffv1"),
    ],
)
def test_the_shape_of_pixels_is_kept(
    tmp_path: Path, aspect: Fraction, rotation: int, codec: str
) -> None:
    clip = encode(tmp_path / "clip.mp4", pictures(frames()), aspect=aspect, rotation=rotation)
    check_done(protect(clip, "--codec", codec))
    check_done(recover(tmp_path))
    expected = 1 / aspect if rotation == 90 else aspect
    for name in ("out.mkv", "back.mkv"):
        assert aspect_of(tmp_path / name) == expected
        with av.open(str(tmp_path / name)) as container:
            assert "title" not in container.streams.video[0].metadata
            assert len(list(container.decode(video=0))) == 6


def test_square_pixels_stay_square(tmp_path: Path) -> None:
    check_done(protect(encode(tmp_path / "clip.mp4", pictures(frames()))))
    assert aspect_of(tmp_path / "out.mkv") in (None, Fraction(1))
