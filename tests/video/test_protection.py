"""Options of a clip: parts, key frames, boxes, codecs, rotation, what is carried over."""

import json
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from proface import Key, video
from proface.errors import NoFaceError, OptionError, OutputError
from proface.picture.options import KeepingOptions, ProtectOptions
from proface.video import ClipOptions
from proface.video.entries import read
from proface.video.reader import Reader
from proface.video.writer import Writer
from tests.video import clips

KEY = Key.from_bytes(bytes(range(32)))
SEALED = ProtectOptions(keeping=KeepingOptions("sealed"))
BOX = {"x": 10, "y": 6, "width": 40, "height": 36}
WINDOW = np.s_[6:42, 10:50]


def frames(count: int = 10) -> list[np.ndarray]:
    return [each.pixels for each in clips.draw(count, 64, 48, 40, (count, count), 0)]


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    return clips.write(tmp_path / "clip.mkv", frames(), subtitles=[(100, 300, "Hi")])


@pytest.fixture
def boxes(tmp_path: Path) -> Path:
    path = tmp_path / "boxes.json"
    path.write_text(json.dumps([BOX]))
    return path


def protect(
    clip: Path, boxes: Path | str, keeping: ProtectOptions = SEALED, **options: object
) -> Path:
    out = clip.with_name("out.mkv")
    video.protect(clip, out, KEY, keeping, ClipOptions(**options), faces=boxes)
    return out


def recover(protected: Path, **options: object) -> Path:
    back = protected.with_name("back.mkv")
    video.recover(protected, back, KEY, **options)
    return back


def times(path: Path) -> list[Fraction]:
    return [time for time, _ in clips.decode(path)]


@pytest.mark.parametrize("codec", ["ffv1", "x264"])
def test_what_is_decoded_is_what_was_written(clip: Path, boxes: Path, codec: str) -> None:
    protected = protect(clip, boxes, codec=codec)
    source, out = clips.decode(clip), clips.decode(protected)
    for (_, before), (_, after) in zip(source, out, strict=True):
        inside = np.zeros((48, 64), bool)
        inside[WINDOW] = True
        np.testing.assert_array_equal(after[~inside], before[~inside])
        assert np.abs(after[WINDOW].astype(int) - before[WINDOW]).max() > 20
    back = clips.decode(recover(protected, codec=codec))
    for (_, before), (_, after) in zip(source, back, strict=True):
        error = np.mean((after[WINDOW].astype(float) - before[WINDOW]) ** 2)
        assert error < 255**2 / 10**3.5


def test_any_pixels_come_out_of_the_container_as_they_went_in(tmp_path: Path) -> None:
    """All of RGB, through both codecs: noise has every colour that rounding could change."""
    noise = np.random.default_rng(0).integers(0, 256, (3, 48, 64, 3), np.uint8)
    source = clips.write(tmp_path / "noise.mkv", list(noise), codec="ffv1", tones=0)
    with Reader(source) as reader:
        shape = reader.clip
    for codec in ("ffv1", "x264"):
        out = tmp_path / f"{codec}.mkv"
        with Writer(out, shape, [], codec) as writer:
            for index, pixels in enumerate(noise):
                writer.write(pixels, index * 40)
        decoded = [pixels for _, pixels in clips.decode(out)]
        np.testing.assert_array_equal(decoded, noise)


def test_key_frames_alone_come_back(clip: Path, boxes: Path) -> None:
    protected = protect(clip, boxes, key_frames=4)
    done = video.recover(protected, clip.with_name("back.mkv"), KEY)
    assert (done.frames, done.left_out, done.faces) == (3, 7, 3)
    assert any("every 4th frame" in each for each in done.notes)
    source = dict(clips.decode(clip))
    back = clips.decode(clip.with_name("back.mkv"))
    assert [time for time, _ in back] == times(clip)[::4]
    for time, pixels in back:
        error = np.mean((pixels[WINDOW].astype(float) - source[time][WINDOW]) ** 2)
        assert error < 255**2 / 10**3.5
    assert clips.packets(clip.with_name("back.mkv"), "audio") == clips.packets(clip, "audio")


def test_key_frames_may_be_as_far_apart_as_a_manifest_allows(clip: Path, boxes: Path) -> None:
    protected = protect(clip, boxes, key_frames=2**16)
    done = video.recover(protected, clip.with_name("back.mkv"), KEY)
    assert (done.frames, done.left_out) == (1, 9)


def test_frames_without_faces_stay_among_key_frames(clip: Path, tmp_path: Path) -> None:
    given = tmp_path / "some.json"
    given.write_text(json.dumps({"frames": [{"frame": 4, "faces": [BOX]}]}))
    protected = protect(clip, given, key_frames=2)
    assert times(recover(protected)) == times(clip)


def test_a_part_of_a_clip(clip: Path, boxes: Path) -> None:
    protected = protect(clip, boxes, start=Fraction(3, 10), end=Fraction(7, 10))
    assert times(protected) == [Fraction(i, 10) for i in range(4)]
    for (_, after), (_, before) in zip(
        clips.decode(protected), clips.decode(clip)[3:7], strict=True
    ):
        np.testing.assert_array_equal(after[42:], before[42:])
    sound, whole = clips.packets(protected, "audio"), clips.packets(clip, "audio")
    assert [data for _, data in sound] == [data for _, data in whole[3:7]]
    assert [time for time, _ in sound] == [Fraction(i, 10) for i in range(4)]
    assert len(clips.decode(recover(protected))) == 4


def test_boxes_out_can_be_used_as_boxes(clip: Path, tmp_path: Path) -> None:
    given = [
        {"frame": 2, "faces": [BOX]},
        {"frame": 5, "faces": [BOX, BOX | {"x": 52, "width": 12}]},
    ]
    (tmp_path / "in.json").write_text(json.dumps({"frames": given}))
    first = tmp_path / "first.json"
    protected = protect(clip, tmp_path / "in.json", boxes_out=first)
    entries = json.loads(first.read_text())["frames"]
    assert [entry["frame"] for entry in entries if entry["faces"]] == [2, 5]
    assert entries[2]["faces"] == [BOX]
    assert entries[3]["time"] == 0.3
    protected.unlink()
    second = tmp_path / "second.json"
    protect(clip, first, boxes_out=second)
    assert second.read_text() == first.read_text()


def test_the_whole_frame_can_be_one_face(clip: Path) -> None:
    protected = protect(clip, "whole")
    for (_, after), (_, before) in zip(clips.decode(protected), clips.decode(clip), strict=True):
        assert np.mean(np.abs(after.astype(int) - before)) > 1
    recover(protected)


def test_a_detached_manifest_leaves_no_sign(clip: Path, boxes: Path) -> None:
    protected = protect(clip, boxes, manifest="detached")
    lines = video.detached_path(protected).read_text().splitlines()
    assert len(lines) == 12
    assert b"proface" not in protected.read_bytes()
    assert len(clips.decode(recover(protected))) == 10
    elsewhere = video.detached_path(protected).rename(protected.with_name("kept.jsonl"))
    video.recover(protected, protected.with_name("named.mkv"), KEY, manifest=elsewhere)
    assert clips.decode(protected.with_name("named.mkv"))[9][0] == Fraction(9, 10)


def test_no_face_in_any_frame(tmp_path: Path) -> None:
    clip = clips.write(tmp_path / "clip.mkv", [each.pixels for each in clips.draw(4)])
    with pytest.raises(NoFaceError, match="no face was found in any frame"):
        protect(clip, "auto")
    assert [each.name for each in tmp_path.iterdir()] == ["clip.mkv"]


@pytest.mark.parametrize("rotation", [90, 180, -90])
def test_rotation_is_applied_and_dropped(tmp_path: Path, boxes: Path, rotation: int) -> None:
    boxes.write_text(json.dumps([BOX | {"x": 4, "width": 36}]))
    stored = frames(3)
    clip = clips.write(tmp_path / "clip.mp4", stored, rotation=rotation, audio="aac")
    protected = protect(clip, boxes)
    turned = [np.rot90(pixels, rotation // 90) for _, pixels in clips.decode(clip)]
    for before, (_, after) in zip(turned, clips.decode(protected), strict=True):
        np.testing.assert_array_equal(after[42:], before[42:])
    with av.open(str(protected)) as container:
        assert next(container.decode(video=0)).rotation == 0


def test_mirrored_video_is_mirrored(tmp_path: Path, boxes: Path) -> None:
    clip = clips.write(tmp_path / "clip.mp4", frames(2), mirrored=True, audio="aac")
    protected = protect(clip, boxes)
    for (_, before), (_, after) in zip(clips.decode(clip), clips.decode(protected), strict=True):
        np.testing.assert_array_equal(after[42:], before[42:, ::-1])


def test_an_odd_time_base_keeps_exact_times_in_the_manifest(tmp_path: Path, boxes: Path) -> None:
    stamps = [1001 * i for i in range(6)]
    clip = clips.write(
        tmp_path / "clip.mp4", frames(6), times=stamps, time_base=Fraction(1, 30000), audio="aac"
    )
    protected = protect(clip, boxes, manifest="detached")
    lines = video.detached_path(protected).read_text().splitlines()
    assert json.loads(lines[0])["time_base"] == [1, 30000]
    assert [read(line).pts for line in lines[1:-1]] == stamps
    for stamp, time in zip(stamps, times(protected), strict=True):
        assert abs(time - Fraction(stamp, 30000)) <= Fraction(1, 2000)
    assert times(recover(protected)) == times(protected)
    # Sound that begins before the first frame, as AAC's does, stays where it is.
    sound = clips.packets(clip, "audio")
    assert sound[0][0] < 0
    assert clips.packets(protected, "audio") == sound


def test_subtitles_of_mp4_become_text_that_matroska_has(tmp_path: Path, boxes: Path) -> None:
    clip = clips.write(
        tmp_path / "clip.mp4", frames(5), audio="aac", subtitles=[(100, 200, "Grüße")]
    )
    protected = protect(clip, boxes)
    assert clips.packets(protected, "subtitles") == [(Fraction(1, 10), "Grüße".encode())]


def test_cover_pictures_and_metadata_are_dropped(tmp_path: Path, boxes: Path) -> None:
    clip = clips.write(tmp_path / "clip.mkv", frames(3), metadata={"location": "+48.2+016.4/"})
    with_cover = clips.attach(clip, tmp_path / "cover.mkv", frames(1)[0])
    assert sum(each.type == "video" for each in clips.streams(with_cover)) == 2
    out = tmp_path / "out.mkv"
    done = video.protect(with_cover, out, KEY, SEALED, faces=boxes)
    assert any("dropped" in note for note in done.notes)
    assert b"+48.2" not in out.read_bytes()
    assert sum(each.type == "video" for each in clips.streams(out)) == 1


def test_every_frame_and_clip_has_keys_of_its_own(tmp_path: Path, boxes: Path) -> None:
    """Equal frames, protected with one key, share no hidden bits."""
    clip = clips.write(tmp_path / "still.mkv", frames(1) * 2, codec="ffv1", tones=0)
    first = [pixels[WINDOW] for _, pixels in clips.decode(protect(clip, boxes))]
    (tmp_path / "out.mkv").unlink()
    second = [pixels[WINDOW] for _, pixels in clips.decode(protect(clip, boxes))]
    for one, other in ((first[0], first[1]), (first[0], second[0])):
        assert 0.3 < np.mean((one ^ other) & 1) < 0.7


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"codec": "h264"}, "codec"),
        ({"key_frames": 0}, "key frames"),
        ({"key_frames": 2**31}, "65536"),
        ({"detect_every": 0}, "every"),
        ({"detect_every": 13}, "every"),
        ({"start": Fraction(2), "end": Fraction(1)}, "no frames"),
        ({"start": Fraction(-1)}, "no frames"),
    ],
)
def test_bad_options_are_refused(options: dict[str, object], words: str) -> None:
    with pytest.raises(OptionError, match=words):
        ClipOptions(**options)


def test_a_video_has_no_seals_beside_its_pixels(clip: Path, boxes: Path) -> None:
    with pytest.raises(OptionError, match="carrier"):
        protect(clip, boxes, ProtectOptions(keeping=KeepingOptions("sealed", "file")))


def test_nothing_is_overwritten_unasked(clip: Path, boxes: Path) -> None:
    protected = protect(clip, boxes)
    before = protected.read_bytes()
    with pytest.raises(OutputError, match="exists already"):
        protect(clip, boxes)
    assert protected.read_bytes() == before
    protect(clip, boxes, overwrite=True)
    with pytest.raises(OutputError, match="input itself"):
        video.protect(clip, clip, KEY, SEALED, ClipOptions(overwrite=True), faces=boxes)


def test_faces_that_will_come_back_poorly_are_told(tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (3, 48, 64, 3), np.uint8)
    drawn = [*frames(2), *noise]
    source = clips.write(tmp_path / "noise.mkv", drawn, codec="ffv1", tones=0)
    done = video.protect(source, tmp_path / "out.mkv", KEY, SEALED, faces="whole")
    (note,) = done.notes
    assert note.startswith("in 3 places, the first at 0.200 s, faces will come back at less than")
