"""Pictures and videos of one folder, together: done, resumed, killed, and without PyAV."""

import json
import os
import signal
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from proface import Access, Identity, Key, OutputError, video
from proface.folder import ClipChoices, Protect, Recover
from proface.folder.tasks import Task
from proface.picture import protection
from proface.picture.options import KeepingOptions, ProtectOptions
from tests.commandline import check_done, check_refused, pixels, run, run_process
from tests.folder.pictures import (
    QUICK,
    QUICK_OPTIONS,
    done,
    perform,
    resumed,
    tree,
    write_picture,
)
from tests.folder.test_folder import PASSWORD, on_small_disk, start, wait_for
from tests.video import clips

KEY = Key.derive(PASSWORD)
SIZE = (64, 48)


def write_clip(path: Path, count: int = 6, size: tuple[int, int] = SIZE) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    drawn = clips.draw(count, *size, 40, (count, count), 0)
    return clips.write(path, [each.pixels for each in drawn], audio="aac")


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A picture and two videos, of which one can be read."""
    source = tmp_path / "in"
    write_picture(source / "a.jpg")
    write_clip(source / "sub" / "b.mp4")
    (source / "broken.mov").write_bytes(b"nonsense" * 100)
    return source


@pytest.fixture
def task(source: Path, tmp_path: Path) -> Task:
    return Task("sub/b.mp4", "sub/b.mkv", "video", source, tmp_path / "out")


def close(first: Path, second: Path) -> None:
    """Assert that two videos show nearly the same, at the same times."""
    for (time, before), (again, after) in zip(
        clips.decode(first), clips.decode(second), strict=True
    ):
        assert time == again
        assert np.mean((before.astype(float) - after) ** 2) < 255**2 / 10**3.5


def test_pictures_and_videos_go_forth_and_back_together(source: Path, tmp_path: Path) -> None:
    out, back, report = tmp_path / "out", tmp_path / "back", tmp_path / "report.json"
    before = tree(source)
    arguments = ("protect", source, "-o", out, *QUICK_OPTIONS, "--workers", "2")
    result = run(*arguments, "--report", report, password=PASSWORD)
    assert result.exit_code == 1
    assert "failed: broken.mov: cannot read the video" in result.stderr
    assert "2 files protected (1 faces, and 6 in the frames of videos), 1 failed" in result.stdout
    assert " frames/s with 2 here" in result.stdout
    assert set(tree(out)) == {"a.png", "sub/b.mkv", "proface-journal.jsonl"}
    told = json.loads(report.read_text())
    clip = next(each for each in told["files"] if each["name"] == "sub/b.mp4")
    counts = {"frames": 6, "frames_with_faces": 6, "faces": 6, "faces_obfuscated_only": 0}
    assert clip["clip"] == counts
    assert len(clip["mark"]) == len(clip["outputs"]["sub/b.mkv"]) == 64
    assert 0 < sum(clip["stages"].values()) <= clip["seconds"]
    assert {"decode", "key", "obfuscate", "encode"} <= set(clip["stages"])
    assert told["faces_in_videos"] == 6
    assert told["frames_per_second"] > told["pictures_per_second"] > 0
    assert tree(source) == before

    # One key was derived for both, and wraps another key for each.
    facts = [
        protection.inspect(out / "a.png").manifest,
        video.inspect(out / "sub/b.mkv").manifest.picture,
    ]
    slots = [each.slots[0] for each in facts]
    assert slots[0].salt == slots[1].salt
    assert slots[0].wrapped != slots[1].wrapped

    check_done(run("recover", out, "-o", back, password=PASSWORD))
    assert set(tree(back)) == {"a.png", "sub/b.mkv", "proface-journal.jsonl"}
    close(source / "sub/b.mp4", back / "sub/b.mkv")
    assert np.abs(pixels(source / "a.jpg").astype(int) - pixels(back / "a.png")).max() < 24


def test_a_video_is_kept_while_it_and_its_result_are_unchanged(task: Task) -> None:
    first = perform(QUICK, KEY, task)
    again = resumed(task, first)
    assert again.earlier == first
    before = tree(task.out)
    assert perform(QUICK, KEY, again).resumed
    assert tree(task.out) == before
    write_clip(task.source / task.name, 4)
    redone = perform(QUICK, KEY, again)
    assert (redone.resumed, redone.clip["frames"]) == (False, 4)


def test_a_detached_manifest_belongs_to_a_video_too(task: Task, tmp_path: Path) -> None:
    outcome = perform(replace(QUICK, manifest="detached"), KEY, task)
    assert set(outcome.outputs) == {"sub/b.mkv", "sub/b.mkv.proface.jsonl"}
    check_done(run("recover", task.out, "-o", tmp_path / "back", password=PASSWORD))
    close(task.source / task.name, tmp_path / "back" / "sub/b.mkv")


def test_a_video_for_a_recipient_opens_for_no_other(task: Task, tmp_path: Path) -> None:
    owner, other = Identity.generate(), Identity.generate()
    outcome = perform(QUICK, Access.make(None, owner.recipients), task)
    assert outcome.status == "done", outcome.error
    protected = Task("sub/b.mkv", "b.mkv", "video", task.out, tmp_path / "back")
    refused = perform(Recover(), other, protected)
    assert (refused.status, refused.wrong_key) == ("failed", True)
    recovered = perform(Recover(), owner, protected)
    assert (recovered.status, recovered.wrong_key) == ("done", False)
    close(task.source / task.name, protected.target)


def test_key_frames_are_for_all_videos_of_a_folder(task: Task) -> None:
    outcome = perform(replace(QUICK, clips=ClipChoices(key_frames=4)), KEY, task)
    assert (outcome.clip["faces"], outcome.clip["faces_obfuscated_only"]) == (2, 4)
    assert "every 4th frame" in outcome.notes[0]
    protected = Task("sub/b.mkv", "b.mkv", "video", task.out, task.out.with_name("back"))
    recovered = perform(Recover(), PASSWORD, protected)
    assert recovered.clip == {"frames": 2, "frames_left_out": 4, "faces": 2}


@pytest.mark.parametrize(
    ("choice", "status"), [("skip", "left"), ("copy", "copied"), ("fail", "failed")]
)
def test_a_video_without_a_face_is_treated_as_told(task: Task, choice: str, status: str) -> None:
    path = task.source / task.name
    clips.write(path, [each.pixels for each in clips.draw(4)], audio="aac")
    outcome = perform(
        Protect(ProtectOptions(keeping=KeepingOptions("sealed")), no_face=choice), KEY, task
    )
    assert outcome.status == status
    assert "no face was found" in (*outcome.notes, outcome.error)[0]
    assert set(tree(task.out)) == set(outcome.outputs)
    if choice == "copy":
        check_copy(path, task.target)


@pytest.mark.parametrize(
    ("choice", "status"), [("skip", "left"), ("copy", "copied"), ("fail", "failed")]
)
def test_a_video_that_was_never_protected_is_treated_as_told(
    task: Task, choice: str, status: str
) -> None:
    outcome = perform(Recover(unprotected=choice), PASSWORD, task)
    assert outcome.status == status
    assert "manifest" in (*outcome.notes, outcome.error)[0]
    if choice == "copy":
        check_copy(task.source / task.name, task.target)


def check_copy(source: Path, copy: Path) -> None:
    close(source, copy)
    assert clips.packets(copy, "audio") == clips.packets(source, "audio")
    assert not any(each.title == "proface" for each in clips.streams(copy))


def test_two_videos_never_become_one(source: Path, tmp_path: Path) -> None:
    write_clip(source / "sub" / "b.mkv")
    arguments = ("protect", source, "-o", tmp_path / "out", *QUICK_OPTIONS)
    run(*arguments, "--pattern", "{stem}.mkv", "--pattern", "{stem}.tif", password=PASSWORD)
    made = {"a.tif", "sub/b.mkv.mkv", "sub/b.mp4.mkv", "proface-journal.jsonl"}
    assert set(tree(tmp_path / "out")) == made


@pytest.mark.parametrize(
    ("options", "word"),
    [
        (("--pattern", "{name}.mkv", "--pattern", "{stem}.mkv"), "both for videos"),
        (("--start", "1"), "--start is for one video"),
        (("--boxes-out", "boxes.json"), "--boxes-out is for one video"),
        (("--detect-every", "13"), "every"),
    ],
)
def test_wrong_usage_leaves_no_trace(source: Path, tmp_path: Path, options, word: str) -> None:
    out = tmp_path / "out"
    result = run("protect", source, "-o", out, *options, password=PASSWORD)
    check_refused(result, word, code=2)
    assert not out.exists() or tree(out) == {}


def test_a_lossy_container_is_refused_before_any_work(source: Path, tmp_path: Path) -> None:
    arguments = (source, "-o", tmp_path / "out", "--pattern", "{stem}.mp4")
    for command in ("protect", "recover"):
        check_refused(run(command, *arguments, password=PASSWORD), "loses information")
    assert tree(tmp_path / "out") == {}


def test_without_pyav_pictures_are_done_and_each_video_says_what_to_install(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "none").mkdir()
    (tmp_path / "none" / "av.py").write_text("raise ImportError")
    (tmp_path / "password").write_text(PASSWORD)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "none"))
    result = run_process(
        *("protect", source, "-o", tmp_path / "out", *QUICK_OPTIONS, "--workers", "1"),
        *("--password-file", tmp_path / "password"),
    )
    assert result.returncode == 1
    assert result.stderr.count("pip install 'proface[video]'") == 2
    assert "Traceback" not in result.stderr
    assert set(tree(tmp_path / "out")) == {"a.png", "proface-journal.jsonl"}


@pytest.mark.parametrize("sign", [signal.SIGKILL, signal.SIGINT])
def test_a_video_that_is_cut_off_is_begun_again(tmp_path: Path, sign: signal.Signals) -> None:
    source, out = tmp_path / "in", tmp_path / "out"
    write_picture(source / "a.jpg")
    write_clip(source / "b.mp4", 60, (96, 72))
    arguments = ("protect", source, "-o", out, "--workers", "1", *QUICK_OPTIONS)
    with start(*arguments) as process:
        wait_for(lambda: done(out) and list(out.glob(".proface-*.part")))
        os.kill(process.pid, sign)
    assert process.returncode == (130 if sign is signal.SIGINT else -sign)
    assert not (out / "b.mkv").exists()
    if sign is signal.SIGINT:
        assert set(tree(out)) == {"a.png", "proface-journal.jsonl"}
    first = tree(out)["a.png"]
    check_done(run(*arguments, "--resume", password=PASSWORD))
    assert set(tree(out)) == {"a.png", "b.mkv", "proface-journal.jsonl"}
    assert tree(out)["a.png"] == first
    assert len(clips.decode(out / "b.mkv")) == 60


def test_a_video_that_fills_the_disk_ends_the_run(source: Path, tmp_path: Path) -> None:
    write_clip(source / "a.mp4", 12, (160, 120))
    program = f"{sys.executable} -m proface protect {source} -o out --workers 1 "
    result = on_small_disk(tmp_path, "out", "200k", program + " ".join(QUICK_OPTIONS))
    assert result.returncode == 1
    assert "failed: a.mp4: cannot write" in result.stderr
    assert "the disk is full; 2 files not begun: --resume goes on" in result.stderr
    assert ".part" not in result.stdout


def test_the_choices_of_videos_are_checked(task: Task) -> None:
    with pytest.raises(OutputError, match=r"must be \.mkv"):
        QUICK.check({"video": "{stem}.png"})
