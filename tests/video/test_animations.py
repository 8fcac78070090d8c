"""Animations are protected as videos: every frame, at its time, and back; never the first alone."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image, features

from proface import video
from proface.errors import VideoError
from proface.files.animation import is_animation
from proface.picture.options import KeepingOptions, ProtectOptions
from proface.video.animations import AnimationReader, open_clip
from proface.video.options import ClipOptions
from proface.video.reader import Reader
from tests.commandline import check_refused, contents, run, write_face
from tests.files.test_images import png_of

LENGTHS = [100, 40, 200, 30, 70, 500]
TIMES = [0, 100, 140, 340, 370, 440]
SEALED = ProtectOptions(keeping=KeepingOptions(profile="sealed"))
FORMATS = [
    ("gif", {}),
    ("png", {}),
    ("webp", {"lossless": True}),
    pytest.param(
        "avif",
        {"quality": 95},
        marks=pytest.mark.skipif(not features.check("avif"), reason="this Pillow has no AVIF"),
    ),
]


@pytest.fixture(scope="module")
def frames(tmp_path_factory):
    face = Image.open(write_face(tmp_path_factory.mktemp("face") / "face.png")).convert("RGB")
    return [face.rotate(3 * number) for number in range(6)]


def save(frames, path, **options):
    frames[0].save(path, save_all=True, append_images=frames[1:], **options)
    return path


def shown(path):
    """Every frame as Pillow shows it: uint8, N x H x W x 3."""
    with Image.open(path) as image:
        views = []
        for number in range(image.n_frames):
            image.seek(number)
            views.append(np.asarray(image.convert("RGB")))
    return np.stack(views)


def stored(path):
    """Frames and times in milliseconds of a video."""
    with av.open(path) as container:
        pairs = [
            (frame.to_ndarray(format="rgb24"), round(frame.time * 1000))
            for frame in container.decode(video=0)
        ]
    return np.stack([pixels for pixels, _ in pairs]), [time for _, time in pairs]


@pytest.mark.parametrize(("suffix", "options"), FORMATS)
def test_every_frame_is_read_at_its_time(frames, tmp_path, suffix, options):
    path = save(frames, tmp_path / f"a.{suffix}", duration=LENGTHS, **options)
    with open_clip(path) as reader:
        assert isinstance(reader, AnimationReader)
        found = list(reader)
    assert [frame.number for frame in found] == list(range(6))
    assert [frame.time for frame in found] == [Fraction(time, 1000) for time in TIMES]
    assert np.array_equal(np.stack([frame.pixels for frame in found]), shown(path))


def test_an_animation_is_protected_and_comes_back(frames, tmp_path):
    path = save(frames[:3], tmp_path / "a.gif", duration=LENGTHS[:3])
    out, back = tmp_path / "out.mkv", tmp_path / "back.mkv"
    done = video.protect(path, out, "tulip", SEALED)
    assert (done.frames, done.with_faces) == (3, 3)
    assert any("plays once" in note for note in done.notes)
    video.recover(out, back, "tulip")
    original = shown(path).astype(int)
    hidden, times = stored(out)
    assert times == TIMES[:3]
    recovered, times = stored(back)
    assert times == TIMES[:3]
    for number in range(3):
        assert np.abs(hidden[number] - original[number]).max() > 60
        assert np.square(recovered[number] - original[number]).mean() < 12


def test_a_part_of_an_animation(frames, tmp_path):
    path = save(frames, tmp_path / "a.webp", duration=LENGTHS, lossless=True)
    with open_clip(path, Fraction(1, 10), Fraction(37, 100)) as reader:
        found = list(reader)
    assert [frame.time for frame in found] == [0, Fraction(4, 100), Fraction(24, 100)]
    with (
        pytest.raises(VideoError, match="no frame in the part"),
        open_clip(path, Fraction(9)) as reader,
    ):
        list(reader)


def test_a_picture_in_front_for_other_programs_is_no_frame(frames, tmp_path):
    path = save(frames, tmp_path / "a.png", duration=50, default_image=True)
    with open_clip(path) as reader:
        found = list(reader)
        assert len(found) == reader.clip.frames == 5
    assert np.array_equal(found[0].pixels, np.asarray(frames[1]))


def test_transparent_parts_are_filled_and_no_length_is_a_tenth(frames, tmp_path):
    clear = [frame.convert("RGBA") for frame in frames[:2]]
    for frame in clear:
        frame.putalpha(0)
    path = save(clear, tmp_path / "a.png", duration=0)
    with open_clip(path) as reader:
        found = list(reader)
    assert found[0].pixels.min() == 255
    assert found[1].time == Fraction(1, 10)
    assert {"filled with white", "a tenth of a second"} == {
        words
        for words in ("filled with white", "a tenth of a second")
        if any(words in note for note in reader.notes)
    }


def test_sixteen_bits_are_reduced_not_clipped(tmp_path):
    ramp = np.tile(np.arange(64, dtype=np.uint16) * 1040, (64, 1))
    deep = [Image.fromarray(ramp), Image.fromarray(ramp[:, ::-1].copy())]
    with open_clip(save(deep, tmp_path / "a.png", duration=50)) as reader:
        found = list(reader)
    expected = np.round(ramp / 257)
    assert np.abs(found[0].pixels[:, :, 0] - expected).max() <= 1
    assert np.abs(found[1].pixels[:, :, 0] - expected[:, ::-1]).max() <= 1
    assert any("16 bits" in note for note in reader.notes)


def test_stills_and_pages_are_no_animations(frames, tmp_path):
    assert video_kind(save(frames[:1], tmp_path / "a.gif")) is Reader
    assert video_kind(save(frames, tmp_path / "a.tif")) is Reader


def video_kind(path):
    try:
        with open_clip(path) as reader:
            return type(reader)
    except VideoError:
        return Reader


def test_a_large_still_is_told_from_an_animation_without_a_warning(tmp_path, recwarn):
    path = tmp_path / "a.png"
    path.write_bytes(png_of(10_000, 9_000, 8, 0, []))
    assert not is_animation(path)
    assert not recwarn.list


def test_damaged_animations_are_refused(frames, tmp_path):
    whole = save(frames, tmp_path / "a.gif", duration=50).read_bytes()
    path = tmp_path / "cut.gif"
    path.write_bytes(whole[: len(whole) * 2 // 3])
    with pytest.raises(VideoError, match="cannot read the animation"):
        video.protect(path, tmp_path / "out.mkv", "tulip", SEALED, ClipOptions())
    assert set(contents(tmp_path)) == {"a.gif", "cut.gif"}


@pytest.mark.parametrize(("suffix", "options"), FORMATS)
def test_a_still_of_an_animation_is_refused_with_what_to_do(
    frames: list[Image.Image], tmp_path: Path, suffix: str, options: dict[str, object]
) -> None:
    path = save(frames, tmp_path / f"a.{suffix}", duration=50, **options)
    result = run("protect", path, "-o", tmp_path / "out.png", password="tulip")
    check_refused(result, "animation", "-o a.mkv")
    assert set(contents(tmp_path)) == {path.name}


def test_the_command_line_follows_its_own_advice(frames, tmp_path):
    path = save(frames[:2], tmp_path / "a.png", duration=50)
    arguments = ("-o", tmp_path / "a.mkv", "--profile", "sealed")
    result = run("protect", path, *arguments, password="tulip")
    assert result.exit_code == 0, result.stderr
    assert "2 of 2 frames" in result.stdout
