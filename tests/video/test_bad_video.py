"""What users get wrong, and what befalls a clip on its way, from the command line."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from proface.files.kinds import is_video
from tests.commandline import (
    check_done,
    check_refused,
    contents,
    run,
    run_process,
    write_face,
)
from tests.video import clips

PASSWORD = "correct horse"
BOXES = json.dumps([{"x": 8, "y": 6, "width": 40, "height": 36}])
SEALED = ("--profile", "sealed")


def frames(count: int = 10, width: int = 64, height: int = 48) -> list[np.ndarray]:
    return [each.pixels for each in clips.draw(count, width, height, 40, (count, count), 0)]


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    (tmp_path / "boxes.json").write_text(BOXES)
    return clips.write(tmp_path / "clip.mkv", frames())


def protect(clip: Path, *more: str | Path, out: str = "out.mkv"):
    given = ("--boxes", clip.with_name("boxes.json"), *SEALED, *more)
    return run("protect", clip, "-o", clip.parent / out, *given, password=PASSWORD)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("out.mp4", ["loses information", ".mkv"]),
        ("out.webm", ["loses information", ".mkv"]),
        ("out.png", [".mkv"]),
        ("out", [".mkv"]),
        ("missing/out.mkv", ["does not exist"]),
        ("clip.mkv", ["input itself"]),
    ],
)
def test_names_that_cannot_be_written(clip: Path, name: str, words: list[str]) -> None:
    before = contents(clip.parent)
    check_refused(protect(clip, out=name), *words)
    result = run("recover", clip, "-o", clip.parent / name, password=PASSWORD)
    check_refused(result, *words)
    assert contents(clip.parent) == before


def test_output_that_exists(clip: Path) -> None:
    clip.with_name("out.mkv").write_bytes(b"precious")
    check_refused(protect(clip), "exists already")
    clip.with_name("side.json").write_bytes(b"precious")
    beside = ("--boxes-out", clip.with_name("side.json"))
    check_refused(protect(clip, *beside, out="new.mkv"), "exists already")
    assert clip.with_name("out.mkv").read_bytes() == b"precious"
    assert not clip.with_name("new.mkv").exists()
    check_done(protect(clip, "--overwrite"))


@pytest.mark.parametrize("data", [b"", b"nonsense" * 100, b"\x1a\x45\xdf\xa3" + bytes(500)])
def test_a_file_that_is_no_video(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "clip.mp4"
    path.write_bytes(data)
    result = run("protect", path, "-o", tmp_path / "out.mkv", *SEALED, password=PASSWORD)
    check_refused(result, "cannot read the video", "clip.mp4")


def test_a_playlist_opens_no_other_file(clip: Path) -> None:
    """Some formats name further files, which a stranger's clip must not read."""
    playlist = clip.with_name("list.mp4")
    playlist.write_text(f"ffconcat version 1.0\nfile {clip}\n")
    result = run("protect", playlist, "-o", clip.with_name("out.mkv"), password=PASSWORD)
    check_refused(result, "cannot read the video")


def test_a_video_without_video(tmp_path: Path) -> None:
    path = clips.write_sound(tmp_path / "sound.mp4")
    result = run("protect", path, "-o", tmp_path / "out.mkv", password=PASSWORD)
    check_refused(result, "holds no video")


def test_a_video_without_faces(tmp_path: Path) -> None:
    clip = clips.write(tmp_path / "clip.mkv", [each.pixels for each in clips.draw(4)])
    result = run("protect", clip, "-o", tmp_path / "out.mkv", *SEALED, password=PASSWORD)
    check_refused(result, "no face was found in any frame", code=4)
    assert list(contents(tmp_path)) == ["clip.mkv"]


def test_a_video_whose_size_changes(tmp_path: Path) -> None:
    first = clips.write(tmp_path / "a.ts", frames(6), tones=0)
    later = [1000 + 100 * i for i in range(6)]
    second = clips.write(tmp_path / "b.ts", frames(6, 80, 64), times=later, tones=0)
    both = tmp_path / "both.ts"
    both.write_bytes(first.read_bytes() + second.read_bytes())
    (tmp_path / "boxes.json").write_text(BOXES)
    check_refused(protect(both), "from 64 x 48 to 80 x 64", "at 0.800 s")
    assert not (tmp_path / "out.mkv").exists()
    check_done(protect(both, "--end", "0.75"))


def test_a_video_that_was_cut_short(clip: Path) -> None:
    clips.write(clip, frames(30))
    data = clip.read_bytes()
    clip.write_bytes(data[: len(data) // 2])
    result = protect(clip, "--json")
    told = json.loads(check_done(result))
    assert 5 < told["frames"] < 25
    assert "cut short; what was there was kept" in result.stderr
    check_done(
        run(
            "recover",
            clip.with_name("out.mkv"),
            "-o",
            clip.with_name("back.mkv"),
            password=PASSWORD,
        )
    )


def test_a_full_disk(clip: Path) -> None:
    """A limit on the size of files makes writing fail as a full disk does."""
    clips.write(clip, frames(40, 160, 120))
    before = contents(clip.parent)
    code = (
        "import resource, signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN); "
        "resource.setrlimit(resource.RLIMIT_FSIZE, (150_000, 150_000)); "
        "from proface.cli import main; main()"
    )
    password = clip.parent / "password"
    password.write_text(PASSWORD)
    done = run_process(
        *("protect", clip, "-o", clip.with_name("out.mkv"), *SEALED),
        *("--boxes", clip.with_name("boxes.json"), "--password-file", password),
        code=code,
    )
    password.unlink()
    assert done.returncode == 1, done.stderr
    assert done.stderr.startswith("proface: cannot write")
    assert "Traceback" not in done.stderr
    assert contents(clip.parent) == before


def test_ctrl_c_leaves_no_file(clip: Path) -> None:
    clips.write(clip, frames(200, 160, 120))
    before = contents(clip.parent)
    given = ("--boxes", clip.with_name("boxes.json"), *SEALED)
    process = subprocess.Popen(
        [sys.executable, "-m", "proface", "protect", clip, "-o", clip.with_name("out.mkv"), *given],
        env=os.environ | {"PROFACE_PASSWORD": PASSWORD},
        stderr=subprocess.PIPE,
    )
    deadline = time.monotonic() + 60
    while not list(clip.parent.glob(".proface-*.part")):
        assert process.poll() is None, process.stderr.read()
        assert time.monotonic() < deadline
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    said = process.communicate(timeout=60)[1].decode()
    assert process.returncode == 130, said
    assert "Traceback" not in said
    assert contents(clip.parent) == before


@pytest.mark.parametrize(
    ("option", "word"),
    [
        (("--start", "soon"), "--start"),
        (("--end", "1:2:3:4"), "--end"),
        (("--end", "-1"), "--end"),
        (("--start", "5", "--end", "4"), "no frames"),
        (("--detect-every", "13"), "every"),
        (("--carrier", "file"), "carrier"),
    ],
)
def test_wrong_usage(clip: Path, option: tuple[str, ...], word: str) -> None:
    check_refused(protect(clip, *option), word, code=2)


def test_a_part_beyond_the_end(clip: Path) -> None:
    check_refused(protect(clip, "--start", "100"), "no frame in the part")


def test_options_of_videos_are_not_for_pictures(tmp_path: Path) -> None:
    face = write_face(tmp_path / "face.png")
    out = tmp_path / "out.png"
    for option in (("--key-frames", "2"), ("--start", "1"), ("--codec", "x264")):
        result = run("protect", face, "-o", out, *option, password=PASSWORD)
        check_refused(result, f"{option[0]} is for videos only", code=2)
    result = run("recover", face, "-o", out, "--codec", "x264", password=PASSWORD)
    check_refused(result, "--codec is for videos only", code=2)


def test_boxes_that_lie_outside(clip: Path) -> None:
    clip.with_name("boxes.json").write_text(BOXES.replace('"x": 8', '"x": 40'))
    check_refused(protect(clip), "frame 0", "outside")


def test_a_clip_that_was_not_protected(clip: Path) -> None:
    out = clip.with_name("out.mkv")
    check_refused(run("recover", clip, "-o", out, password=PASSWORD), "no proface manifest")
    check_refused(run("inspect", clip), "no proface manifest")


def test_times_in_hours_minutes_and_seconds(clip: Path) -> None:
    told = json.loads(check_done(protect(clip, "--start", "0:00:0.3", "--end", "0:0.7", "--json")))
    assert told["frames"] == 4


def test_without_pyav_the_message_says_what_to_install(clip: Path) -> None:
    code = "import sys; sys.modules['av'] = None; from proface.cli import main; main()"
    done = run_process("inspect", clip, code=code)
    assert done.returncode == 1
    assert done.stderr == (
        "proface: videos need PyAV, which is not installed: pip install 'proface[video]'\n"
    )


def test_videos_are_known_by_name_or_content(clip: Path, tmp_path: Path) -> None:
    renamed = clip.rename(tmp_path / "download")
    assert is_video(renamed)
    assert is_video(clips.write(tmp_path / "clip.mp4", frames(2), tones=0))
    assert is_video(tmp_path / "missing.MOV")
    assert not is_video(write_face(tmp_path / "face.png"))
    assert not is_video(tmp_path / "missing")
    (tmp_path / "face.avif").write_bytes(b"\0\0\0\x20ftypavif" + bytes(20))
    assert not is_video(tmp_path / "face.avif")


def test_memory_does_not_grow_with_the_length(tmp_path: Path) -> None:
    """A minute of 10 frames a second takes what 20 seconds do; 10 MiB of pixels lie between."""
    (tmp_path / "boxes.json").write_text(BOXES)
    code = (
        "import resource, sys; from pathlib import Path; "
        "from proface import Key, video; from proface.picture.options import *; "
        "key = Key.from_bytes(bytes(32)); clip, boxes = map(Path, sys.argv[1:]); "
        "out, back = clip.with_suffix('.out.mkv'), clip.with_suffix('.back.mkv'); "
        "options = ProtectOptions(keeping=KeepingOptions('sealed')); "
        "video.protect(clip, out, key, options, faces=boxes); "
        "video.recover(out, back, key); "
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"
    )
    peaks = []
    # Buffers of the muxer reach their full size within the first 20 seconds.
    for count in (200, 600):
        drawn = frames(20, 128, 72) * (count // 20)
        clip = clips.write(tmp_path / f"{count}.mkv", drawn, codec="mpeg4", tones=0)
        done = run_process(clip, tmp_path / "boxes.json", code=code)
        assert done.returncode == 0, done.stderr
        peaks.append(int(done.stdout))
    assert peaks[1] - peaks[0] < 6_000, peaks
