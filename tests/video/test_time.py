"""Parts of a clip in any container, and true words on what a file lacks."""

import json
import random
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from proface.video.reader import Frame, Reader
from tests.commandline import check_done, check_refused, run
from tests.video import clips

PASSWORD = "correct horse"
RATE = 10
CONTAINERS = [
    ("ts", "libx264"),
    ("m2ts", "mpeg2video"),
    ("mpg", "mpeg1video"),
    ("vob", "mpeg2video"),
    ("mkv", "libx264"),
    ("mp4", "libx264"),
    ("avi", "mpeg4"),
    ("flv", "libx264"),
    ("nut", "mpeg4"),
    ("wmv", "wmv2"),
]


def copied(source: Path, name: str) -> Path:
    """The packets of a clip in another container."""
    out = source.with_name(name)
    with av.open(str(source)) as given, av.open(str(out), "w") as target:
        video = given.streams.video[0]
        copy = target.add_stream_from_template(video)
        for packet in given.demux(video):
            if packet.size:
                packet.stream = copy
                target.mux(packet)
    return out


def plain(path: Path, codec: str, count: int = 40, first: int = 0, group: int = 10) -> Path:
    """A clip whose frames differ: 96 x 64 pixels, key frames every so many."""
    rate = 25 if codec.startswith("mpeg1") or codec.startswith("mpeg2") else RATE
    with av.open(str(path), "w") as out:
        video = out.add_stream(codec, rate=rate)
        video.width, video.height, video.pix_fmt = 96, 64, "yuv420p"
        video.codec_context.gop_size = group
        rows, columns = np.mgrid[:64, :96]
        for index in range(count):
            wave = 120 + 60 * np.sin((columns + 4 * index) / 9) + 40 * np.cos((rows - index) / 7)
            frame = av.VideoFrame.from_ndarray(wave.astype(np.uint8), format="gray")
            frame = frame.reformat(format="yuv420p")
            frame.pts, frame.time_base = first + index, Fraction(1, rate)
            out.mux(video.encode(frame))
        out.mux(video.encode(None))
    return path


def read(path: Path, start: str | None = None) -> tuple[list[tuple[Fraction, bytes]], list[str]]:
    """Each frame's time after the first of the file, and its pixels; and the notes."""
    since = None if start is None else Fraction(start)
    with Reader(path, since) as reader:
        shift = reader.clip.origin - reader.clip.first
        frames = [
            (each.time + shift, each.pixels.tobytes()) for each in reader if isinstance(each, Frame)
        ]
        return frames, reader.notes


@pytest.mark.parametrize(("suffix", "codec"), CONTAINERS)
def test_no_due_frame_is_lost_in_any_container(tmp_path: Path, suffix: str, codec: str) -> None:
    path = plain(tmp_path / f"clip.{suffix}", codec, 60)
    whole, notes = read(path)
    assert len(whole) == 60
    assert notes == []
    for start in ("0.31", "1.9", "2.05", "2.3"):
        due = [each for each in whole if each[0] >= Fraction(start)]
        assert len(due) > 0
        assert read(path, start)[0] == due, start


@pytest.mark.parametrize("suffix", ["ts", "mkv"])
def test_one_key_frame_at_the_beginning_is_enough(tmp_path: Path, suffix: str) -> None:
    path = plain(tmp_path / f"clip.{suffix}", "libx264", 80, group=250)
    whole, _ = read(path)
    assert read(path, "6.5")[0] == whole[65:]


def test_times_that_jump_back_do_not_mislead_a_seek(tmp_path: Path) -> None:
    one = plain(tmp_path / "a.ts", "libx264", 30).read_bytes()
    joined = tmp_path / "joined.ts"
    joined.write_bytes(one + one)
    whole, notes = read(joined)
    assert len(whole) == 60
    assert notes == ["some frames had no time or went back in time; they were put in order"]
    assert read(joined, "2.65")[0] == [each for each in whole if each[0] >= Fraction("2.65")]


@pytest.mark.parametrize("suffix", ["ts", "mpg", "mkv", "mp4", "flv"])
def test_a_clip_that_starts_late_is_whole(tmp_path: Path, suffix: str) -> None:
    codec = "mpeg2video" if suffix == "mpg" else "libx264"
    frames, notes = read(plain(tmp_path / f"late.{suffix}", codec, 20, first=70))
    assert len(frames) == 20
    assert notes == []


def test_sound_that_goes_on_after_the_video_is_no_cut(tmp_path: Path) -> None:
    drawn = [each.pixels for each in clips.draw(20, 64, 48, 40)]
    source = clips.write(tmp_path / "a.mkv", drawn)
    out = tmp_path / "short.mkv"
    with av.open(str(source)) as given, av.open(str(out), "w") as target:
        copies = {each.index: target.add_stream_from_template(each) for each in given.streams}
        for packet in given.demux():
            late = packet.stream.type == "video" and packet.size and (packet.pts or 0) >= 800
            if packet.size and not late:
                packet.stream = copies[packet.stream.index]
                target.mux(packet)
    frames, notes = read(out)
    assert 5 < len(frames) < 10
    assert notes == []


def damaged(path: Path, left: float = 0.45, right: float = 0.6) -> Path:
    data = bytearray(path.read_bytes())
    first, last = int(len(data) * left), int(len(data) * right)
    data[first:last] = bytes(last - first)
    out = path.with_name(f"damaged{path.suffix}")
    out.write_bytes(data)
    return out


@pytest.mark.parametrize("suffix", ["ts", "mkv", "mp4"])
def test_missing_frames_are_counted(tmp_path: Path, suffix: str) -> None:
    path = damaged(plain(tmp_path / f"clip.{suffix}", "libx264", 160))
    frames, notes = read(path)
    missing = 160 - len(frames)
    assert missing > 1
    words = f"parts of the video are damaged in the file; {missing} frames are missing"
    assert words in notes
    assert not any("cut short" in each for each in notes)


def test_what_lies_outside_the_part_asked_for_is_not_told(tmp_path: Path) -> None:
    path = damaged(plain(tmp_path / "clip.ts", "libx264", 90, group=5), 0.2, 0.3)
    assert read(path)[1] != []
    assert read(path, "6")[1] == []


def test_a_gap_without_damage_is_told_as_one(tmp_path: Path) -> None:
    source = plain(tmp_path / "clip.mkv", "mpeg4", 60, group=1)
    out = tmp_path / "gap.mkv"
    with av.open(str(source)) as given, av.open(str(out), "w") as target:
        copy = target.add_stream_from_template(given.streams.video[0])
        for index, packet in enumerate(given.demux(video=0)):
            if packet.size and not 20 <= index < 30:
                packet.stream = copy
                target.mux(packet)
    assert any("gaps, as if 10 frames are missing" in each for each in read(out)[1])


def test_noise_in_a_transport_stream_gives_no_number_that_is_false(tmp_path: Path) -> None:
    path = plain(tmp_path / "clip.ts", "libx264", 60)
    data, chance = bytearray(path.read_bytes()), random.Random(1)
    for _ in range(60):
        data[chance.randrange(len(data) // 3, len(data))] ^= 0xFF
    path.write_bytes(data)
    frames, notes = read(path)
    told = [each for each in notes if "missing" in each]
    assert (len(frames) == 60) or any(f"{60 - len(frames)} frame" in each for each in told)


def test_the_advice_for_a_size_that_changes_works(tmp_path: Path) -> None:
    first = [each.pixels for each in clips.draw(6, 64, 48, 40)]
    second = [each.pixels for each in clips.draw(6, 80, 64, 40)]
    clips.write(tmp_path / "a.ts", first, tones=0)
    clips.write(tmp_path / "b.ts", second, times=[1003 + 100 * i for i in range(6)], tones=0)
    both = tmp_path / "both.ts"
    both.write_bytes((tmp_path / "a.ts").read_bytes() + (tmp_path / "b.ts").read_bytes())
    (tmp_path / "boxes.json").write_text(json.dumps([{"x": 8, "y": 6, "width": 40, "height": 36}]))

    def protect(*more: str, out: str = "out.mkv"):
        given = ("--boxes", tmp_path / "boxes.json", "--profile", "sealed", "--json", *more)
        return run("protect", both, "-o", tmp_path / out, *given, password=PASSWORD)

    refused = protect()
    check_refused(refused, "from 64 x 48 to 80 x 64", "--end", "--start")
    time = refused.stderr.split("--end ")[1].split()[0]
    assert json.loads(check_done(protect("--end", time)))["frames"] == 6
    assert json.loads(check_done(protect("--start", time, out="b.mkv")))["frames"] == 6
    assert clips.decode(tmp_path / "out.mkv")[0][1].shape == (48, 64, 3)
    assert clips.decode(tmp_path / "b.mkv")[0][1].shape == (64, 80, 3)
    check_refused(protect("--start", "0.2", "--overwrite"), "64 x 48", f"--end {time}")
