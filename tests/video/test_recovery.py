"""What happens to clips that were changed, cut, mixed up or opened with another password."""

import json
import shutil
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from proface import Key, video
from proface.errors import (
    AuthenticityError,
    DamagedPictureError,
    ManifestError,
    VideoError,
    WrongKeyError,
)
from proface.picture.options import KeepingOptions, ProtectOptions
from proface.video import ClipOptions
from proface.video.entries import read
from proface.video.reader import Reader
from proface.video.streams import AnyPacket
from proface.video.writer import Writer
from tests.video import clips

KEY = Key.from_bytes(bytes(range(32)))
BOX = {"x": 10, "y": 6, "width": 40, "height": 36}
INSIDE = np.s_[6:42, 10:50]
COUNT = 8


@pytest.fixture(scope="module")
def protected(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clip protected with `sealed`, its manifest beside it; only ever read."""
    folder = tmp_path_factory.mktemp("protected")
    drawn = [each.pixels for each in clips.draw(COUNT, 64, 48, 40, (COUNT, COUNT), 0)]
    clip = clips.write(folder / "clip.mkv", drawn)
    (folder / "boxes.json").write_text(json.dumps([BOX]))
    out = folder / "out.mkv"
    options = ClipOptions(manifest="detached")
    keeping = ProtectOptions(keeping=KeepingOptions("sealed"))
    video.protect(clip, out, KEY, keeping, options, faces=folder / "boxes.json")
    return out


@pytest.fixture
def copy(protected: Path, tmp_path: Path) -> Path:
    for path in (protected, video.detached_path(protected)):
        shutil.copy(path, tmp_path)
    return tmp_path / protected.name


def recover(path: Path, **options: object) -> video.RecoveredClip:
    back = path.with_name("back.mkv")
    return video.recover(path, back, KEY, overwrite=True, **options)


def lines(path: Path) -> list[str]:
    return video.detached_path(path).read_text().splitlines()


def rewrite(path: Path, entries: list[str]) -> None:
    video.detached_path(path).write_text("\n".join(entries) + "\n")


def repaint(path: Path, paint: dict[int, np.ndarray], shift: dict[int, int] | None = None) -> None:
    """Write the clip again, with other pixels in some frames and other times for some."""
    whole = path.with_name("again.mkv")
    with Reader(path) as reader, Writer(whole, reader.clip, reader.streams.carried) as writer:
        for item in reader:
            if isinstance(item, AnyPacket):
                continue
            pixels = paint.get(item.number, item.pixels)
            writer.write(pixels, item.pts + (shift or {}).get(item.number, 0))
    whole.replace(path)


def frame(path: Path, number: int) -> np.ndarray:
    return clips.decode(path)[number][1]


def test_one_changed_face(copy: Path) -> None:
    pixels = frame(copy, 3)
    pixels[20, 20] ^= 1
    repaint(copy, {3: pixels})
    with pytest.raises(DamagedPictureError, match=r"at 0\.300 s was changed"):
        recover(copy)
    assert not copy.with_name("back.mkv").exists()
    done = recover(copy, accept_damage=True)
    assert done.faces == COUNT - 1
    assert any("1 faces did not open" in note for note in done.notes)
    np.testing.assert_array_equal(frame(copy.with_name("back.mkv"), 3), pixels)


def test_a_face_does_not_open_in_another_frame(copy: Path) -> None:
    """Neither with its own entry nor with the other frame's, whatever else fits."""
    second, sixth = frame(copy, 1), frame(copy, 5)
    repaint(copy, {1: sixth, 5: second})
    with pytest.raises(AuthenticityError, match="changed"):
        recover(copy)
    header, *entries = lines(copy)
    parsed = [read(each) for each in entries]
    swapped = list(parsed)
    swapped[1] = replace(parsed[1], faces=parsed[5].faces)
    swapped[5] = replace(parsed[5], faces=parsed[1].faces)
    rewrite(copy, [header, *(each.to_json() for each in swapped)])
    with pytest.raises(AuthenticityError, match=r"at 0\.100 s is not authentic"):
        recover(copy)
    done = recover(copy, accept_damage=True)
    assert done.faces == COUNT - 2
    assert any("2 faces did not open" in note for note in done.notes)


@pytest.mark.parametrize("change", ["number", "pts", "box"])
def test_what_an_entry_says_is_authenticated(copy: Path, change: str) -> None:
    header, *entries = lines(copy)
    *entries, last, end = entries
    entry = read(last)
    if change == "number":
        entry = replace(entry, number=entry.number + 1)
    elif change == "pts":
        entry = replace(entry, pts=entry.pts + 1)
        repaint(copy, {}, {COUNT - 1: 1})
    else:
        content = json.loads(last)
        added = list(content["faces"][0])
        content["faces"].append([60, 0, 2, 2, *added[4:6], [1], *added[7:]])
        entry = read(json.dumps(content))
    rewrite(copy, [header, *entries, entry.to_json(), end])
    with pytest.raises(AuthenticityError):
        recover(copy)
    done = recover(copy, accept_damage=True)
    assert done.faces == COUNT - 1


@pytest.mark.parametrize(
    "field", ["id", "time_base", "key_frames", "obfuscator", "made", "slots", "tag"]
)
def test_the_header_is_authenticated(copy: Path, field: str) -> None:
    header, *entries = lines(copy)
    content = json.loads(header)
    picture = content["picture"]
    if field == "id":
        picture["id"] = "AAAAAAAAAAAAAAAAAAAAAA=="
    elif field == "obfuscator":
        picture["obfuscator"]["name"] = "median"
    elif field == "made":
        picture["made"]["time"] = "2020-01-01T00:00:00Z"
    elif field == "time_base":
        content["time_base"] = [1, 1000000]
    elif field == "slots":
        content["slots"].append(content["slots"][0])
    elif field == "tag":
        del content["tag"]
    else:
        content["key_frames"] = 2
    rewrite(copy, [json.dumps(content), *entries])
    for accept in (False, True):
        with pytest.raises(AuthenticityError, match="header"):
            recover(copy, accept_damage=accept)
    found = video.verify(copy, KEY)
    assert (found.authentic, found.is_authentic) == ("no", False)
    assert "header" in found.problems[0]


def test_moved_and_added_frames_are_noticed(copy: Path) -> None:
    repaint(copy, {}, {4: 30})
    with pytest.raises(AuthenticityError, match=r"missing at 0\.400 s"):
        recover(copy)
    done = recover(copy, accept_damage=True)
    assert (done.frames, done.faces) == (COUNT, COUNT - 1)
    assert any("1 frames had no entry" in note for note in done.notes)


def test_frames_in_another_order_are_noticed(copy: Path) -> None:
    header, *entries = lines(copy)
    *entries, end = entries
    parsed = [read(each) for each in entries]
    first, second = parsed[2], parsed[3]
    parsed[2] = replace(second, pts=first.pts)
    parsed[3] = replace(first, pts=second.pts)
    repaint(copy, {2: frame(copy, 3), 3: frame(copy, 2)})
    rewrite(copy, [header, *(each.to_json() for each in parsed), end])
    with pytest.raises(AuthenticityError):
        recover(copy)


def test_a_wrong_password(protected: Path, tmp_path: Path) -> None:
    other = Key.from_bytes(bytes(32))
    back = tmp_path / "back.mkv"
    for accept in (False, True):
        with pytest.raises(WrongKeyError, match="not made for this"):
            video.recover(protected, back, other, accept_damage=accept)
        assert list(tmp_path.iterdir()) == []
    done = video.recover(protected, back, other, wrong_recovery="obfuscated")
    assert (done.frames, done.faces, done.key_matched) == (COUNT, 0, False)
    assert any("secret is wrong" in note for note in done.notes)
    for (_, after), (_, before) in zip(clips.decode(back), clips.decode(protected), strict=True):
        np.testing.assert_array_equal(after, before)


def embedded(protected: Path, out: Path) -> Path:
    """The same clip with its manifest within."""
    header, *entries, end = lines(protected)
    with (
        Reader(protected) as reader,
        Writer(out, reader.clip, reader.streams.carried, header=header) as writer,
    ):
        writer.end(end)
        for item in reader:
            if isinstance(item, AnyPacket):
                writer.carry(item)
            else:
                writer.write(item.pixels, item.pts, entries[item.number])
    return out


def test_a_protected_clip_that_was_cut_short_is_recovered_so_far_when_asked(
    protected: Path, tmp_path: Path
) -> None:
    whole = embedded(protected, tmp_path / "whole.mkv")
    data = whole.read_bytes()
    (tmp_path / "cut.mkv").write_bytes(data[: len(data) * 6 // 10])
    with pytest.raises(AuthenticityError, match=r"no end record|cut short"):
        recover(tmp_path / "cut.mkv")
    done = recover(tmp_path / "cut.mkv", accept_damage=True)
    assert 2 <= done.frames == done.faces < COUNT
    assert any("ends before" in note or "cut short" in note for note in done.notes)


def test_a_clip_that_was_saved_with_loss(protected: Path, tmp_path: Path) -> None:
    lossy = tmp_path / "lossy.mkv"
    clips.write(lossy, [pixels for _, pixels in clips.decode(protected)])
    shutil.copy(video.detached_path(protected), video.detached_path(lossy))
    with pytest.raises(DamagedPictureError, match="changed after the clip was protected"):
        recover(lossy)
    found = video.inspect(lossy)
    assert "frames were changed" in found.problems[0]


def test_a_clip_that_was_resized(protected: Path, tmp_path: Path) -> None:
    small = tmp_path / "small.mkv"
    clips.write(small, [pixels[:40, :60] for _, pixels in clips.decode(protected)])
    shutil.copy(video.detached_path(protected), video.detached_path(small))
    with pytest.raises(DamagedPictureError, match="resized"):
        recover(small)
    assert video.inspect(small).problems == ("the clip was resized",)


def test_a_clip_without_a_manifest(copy: Path) -> None:
    video.detached_path(copy).unlink()
    for action in (recover, video.inspect):
        with pytest.raises(ManifestError, match="no proface manifest"):
            action(copy)


def test_an_entry_that_lies_outside_the_frame(copy: Path) -> None:
    header, *entries = lines(copy)
    content = json.loads(entries[2])
    content["faces"][0][0] = 30
    rewrite(copy, [header, *entries[:2], json.dumps(content), *entries[3:]])
    with pytest.raises(AuthenticityError, match=r"at 0\.200 s is not authentic"):
        recover(copy)
    with pytest.raises(ManifestError, match=r"frame 2: .*outside"):
        recover(copy, accept_damage=True)
    found = video.verify(copy, KEY)
    assert (found.authentic, found.scene) == ("no", "changed")
    assert any("outside the picture" in each for each in found.problems)


def test_two_entries_for_one_time(protected: Path, tmp_path: Path) -> None:
    header, *entries = lines(protected)
    out = tmp_path / "out.mkv"
    with (
        Reader(protected) as reader,
        Writer(out, reader.clip, [], header=header) as writer,
    ):
        for item in reader:
            if not isinstance(item, AnyPacket):
                writer._mux_text(writer._track, entries[0].encode(), item.pts, 1)
                writer.write(item.pixels, item.pts, entries[item.number])
    with pytest.raises(ManifestError, match="two entries"):
        recover(out)


def test_a_shift_of_the_whole_clip_does_no_harm(protected: Path, tmp_path: Path) -> None:
    """As when another program puts the clip's beginning at another time."""
    header, *entries, end = lines(protected)
    out = tmp_path / "out.mkv"
    with Reader(protected) as reader, Writer(out, reader.clip, [], header=header) as writer:
        writer.end(end)
        for item in reader:
            if not isinstance(item, AnyPacket):
                writer.write(item.pixels, item.pts + 700, entries[item.number])
    assert recover(out).faces == COUNT
    back = clips.decode(tmp_path / "back.mkv")
    assert back[0][0] == Fraction(7, 10)


def test_what_is_no_video_is_refused(tmp_path: Path) -> None:
    (tmp_path / "junk.mkv").write_bytes(bytes(3000))
    with pytest.raises(VideoError, match="cannot read"):
        recover(tmp_path / "junk.mkv")
