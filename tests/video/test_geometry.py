"""The shape of pixels, fields, colours and transparency of a clip, kept or told."""

import json
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from proface.video.reader import Frame, Reader
from tests.commandline import check_done, check_refused, run
from tests.video import clips

PASSWORD = "correct horse"


def frames(count: int = 6, width: int = 64, height: int = 48) -> list[np.ndarray]:
    return [each.pixels for each in clips.draw(count, width, height, 40, (count, count), 0)]


def encode(
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


def planes(drawn: np.ndarray) -> np.ndarray:
    """A picture as yuv420p, whose planes lie one below the other."""
    frame = av.VideoFrame.from_ndarray(drawn, format="rgb24")
    return frame.reformat(format="yuv420p", dst_colorspace="ITU601").to_ndarray()


def woven(first: np.ndarray, second: np.ndarray, height: int) -> np.ndarray:
    """One interlaced frame of two moments, the first of them on top; in every plane."""
    out, other = planes(first), planes(second)
    out[1:height:2] = other[1:height:2]
    for part in (slice(height, height + height // 4), slice(height + height // 4, None)):
        mine = out[part].reshape(height // 2, -1)
        mine[1::2] = other[part].reshape(height // 2, -1)[1::2]
    return out


def bars(at: int, width: int = 96, height: int = 64) -> np.ndarray:
    """Strong colours that move sideways."""
    colours = np.array([[200, 30, 30], [30, 60, 200], [30, 180, 40]], np.uint8)
    line = colours[(np.arange(width) + at) // 24 % 3]
    return np.broadcast_to(line, (height, width, 3)).copy()


def flagged(frames: list[av.VideoFrame], top_first: bool = True) -> list[av.VideoFrame]:
    """Frames that say that they are interlaced."""
    graph = av.filter.Graph()
    first = frames[0]
    source = graph.add_buffer(
        width=first.width, height=first.height, format=first.format, time_base=Fraction(1, 10)
    )
    mode = "tff" if top_first else "bff"
    graph.link_nodes(source, graph.add("setfield", mode), graph.add("buffersink"))
    graph.configure()
    out = []
    for index, each in enumerate(frames):
        each.pts, each.time_base = index, Fraction(1, 10)
        graph.vpush(each)
        out.append(graph.vpull())
    return out


def reader_frames(
    path: Path, tone_map: bool | None = None
) -> tuple[list[Frame], list[str], Reader]:
    with Reader(path, tone_map=tone_map) as reader:
        return [each for each in reader if isinstance(each, Frame)], reader.notes, reader


def distance(first: np.ndarray, second: np.ndarray) -> float:
    return float(np.sqrt(np.mean((first.astype(float) - second) ** 2)))


@pytest.mark.parametrize(
    ("suffix", "codec", "options"),
    [
        ("mp4", "libx264", {"qp": "0", "x264-params": "tff=1", "preset": "veryfast"}),
        ("mpg", "mpeg2video", {"flags": "+ilme+ildct", "qmin": "1", "qmax": "1"}),
        ("mkv", "ffv1", {}),
    ],
)
def test_interlaced_frames_are_made_whole(
    tmp_path: Path, suffix: str, codec: str, options: dict[str, str]
) -> None:
    moments = [bars(3 * i) for i in range(16)]
    fields = [
        av.VideoFrame.from_ndarray(woven(moments[i], moments[i + 1], 64), format="yuv420p")
        for i in range(0, 16, 2)
    ]
    path = tmp_path / f"clip.{suffix}"
    rate = 25 if suffix == "mpg" else 10
    with av.open(str(path), "w") as out:
        video = out.add_stream(codec, rate=rate, options=options)
        video.width, video.height, video.pix_fmt = 96, 64, "yuv420p"
        for index, each in enumerate(flagged(fields)):
            each.pts, each.time_base = index, Fraction(1, rate)
            out.mux(video.encode(each))
        out.mux(video.encode(None))
    with av.open(str(path)) as container:
        plain = [each.to_ndarray(format="rgb24") for each in container.decode(video=0)]
    found, notes, _ = reader_frames(path)
    assert len(found) == 8
    assert any("interlaced: 8 frames were" in each for each in notes)
    assert len({each.time for each in found}) == 8
    for index in range(1, 7):
        truth = av.VideoFrame.from_ndarray(planes(moments[2 * index]), format="yuv420p")
        truth = truth.to_ndarray(format="rgb24")
        assert distance(found[index].pixels, truth) < 0.6 * distance(plain[index], truth), index


def test_progressive_frames_are_not_touched(tmp_path: Path) -> None:
    path = encode(tmp_path / "clip.mp4", pictures(frames(8)))
    found, notes, _ = reader_frames(path)
    assert notes == []
    alone = clips.decode(path)
    for mine, (_, other) in zip(found, alone, strict=True):
        assert distance(mine.pixels, other) < 2  # the interpolation of colour differs


PQ, HLG = 16, 18
WHITE = {PQ: 0.5807, HLG: 0.75}
"""Where the white of a sheet of paper lies, 203 cd/m2: BT.2408."""


def patches(transfer: int) -> av.VideoFrame:
    """Black, white of paper, and the brightest grey, of 10 bits."""
    levels = np.repeat([0.0, WHITE[transfer], 1.0], 32)
    luma = np.broadcast_to(np.rint(64 + 876 * levels), (48, 96))
    array = np.stack([luma, np.full((48, 96), 512), np.full((48, 96), 512)]).astype(np.uint16)
    frame = av.VideoFrame(96, 48, "yuv444p10le")
    for plane, values in zip(frame.planes, array, strict=True):
        rows = np.zeros((48, plane.line_size // 2), np.uint16)
        rows[:, :96] = values
        plane.update(rows.tobytes())
    return frame


@pytest.mark.parametrize("transfer", [PQ, HLG])
def test_high_dynamic_range_is_tagged_or_brought_down(tmp_path: Path, transfer: int) -> None:
    clip = encode(
        tmp_path / "clip.mkv",
        [patches(transfer) for _ in range(3)],
        "ffv1",
        colours=(9, transfer, 9),
    )
    kept = protect(clip)
    check_done(kept)
    assert "high dynamic range" in kept.stderr
    assert "--tone-map" in kept.stderr
    back = recover(tmp_path)
    check_done(back)
    assert "--tone-map" not in back.stderr  # it is none of recovery's options
    for name in ("out.mkv", "back.mkv"):
        with av.open(str(tmp_path / name)) as container:
            context = container.streams.video[0].codec_context
            tags = (context.color_primaries, context.color_trc, context.colorspace)
            assert tags == (9, transfer, 0)  # the matrix of RGB
            assert context.color_range == 2  # full
    level = clips.decode(tmp_path / "back.mkv")[0][1][40, 48]
    np.testing.assert_allclose(level, 255 * WHITE[transfer], atol=1)

    check_done(protect(clip, "--tone-map", "--overwrite"))
    check_done(run("recover", tmp_path / "out.mkv", "-o", tmp_path / "down.mkv", password=PASSWORD))
    with av.open(str(tmp_path / "down.mkv")) as container:
        context = container.streams.video[0].codec_context
        assert (context.color_primaries, context.color_trc) == (1, 1)
    shown = clips.decode(tmp_path / "down.mkv")[0][1]
    # BT.2446, method A: 203 of 1000 cd/m2 become 0.687 of the coded scale.
    np.testing.assert_allclose(shown[40, 48], 175, atol=2)
    np.testing.assert_allclose(shown[40, 8], 0, atol=1)
    np.testing.assert_allclose(shown[40, 88], 255, atol=2)


def test_tone_mapping_of_usual_video_changes_nothing(tmp_path: Path) -> None:
    clip = encode(tmp_path / "clip.mp4", pictures(frames()))
    plain, _, _ = reader_frames(clip)
    mapped, notes, _ = reader_frames(clip, tone_map=True)
    assert any("nothing to bring down" in each for each in notes)
    for one, other in zip(plain, mapped, strict=True):
        np.testing.assert_array_equal(one.pixels, other.pixels)


@pytest.mark.parametrize(
    ("codec", "form", "name"), [("qtrle", "argb", "a.mov"), ("ffv1", "bgra", "a.mkv")]
)
def test_transparency_is_told(tmp_path: Path, codec: str, form: str, name: str) -> None:
    clip = encode(tmp_path / name, pictures(frames(), form), codec)
    result = protect(clip)
    check_done(result)
    assert "transparency of the video was dropped" in result.stderr


def test_an_empty_file(tmp_path: Path) -> None:
    path = tmp_path / "clip.mp4"
    path.touch()
    check_refused(protect(path), "clip.mp4", "the file is empty")


def test_tone_map_is_for_one_video(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    encode(tmp_path / "in" / "clip.mp4", pictures(frames(2)))
    result = run(
        "protect", tmp_path / "in", "-o", tmp_path / "out", "--tone-map", password=PASSWORD
    )
    check_refused(result, "--tone-map is for one video", code=2)
