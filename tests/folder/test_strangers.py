"""Whatever a run is killed at, resumed over, or overtaken by: nobody's file is replaced unasked."""

import hashlib
import json
import os
import signal
import stat
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from proface import Key
from proface.folder import Report, protect
from tests.commandline import check_done, check_refused, pixels, run
from tests.folder.pictures import QUICK, QUICK_OPTIONS, done, fill, journal, tree, write_picture
from tests.folder.test_folder import PASSWORD, start, wait_for
from tests.folder.test_video_actions import write_clip

KEY = Key.from_bytes(bytes(32))
MINE = b"the only copy of something else"
KILLER = """
import os, signal, sys
from dataclasses import replace
from proface import Key
from proface.folder import batch, protect
from tests.folder.pictures import QUICK

really_place = batch.place_results

def place(*arguments):
    if sys.argv[2] == "after":
        really_place(*arguments)
    os.kill(os.getpid(), signal.SIGKILL)

if __name__ == "__main__":
    batch.place_results = place
    action = replace(QUICK, manifest="detached")
    protect(sys.argv[1] + "/in", sys.argv[1] + "/out", Key.from_bytes(bytes(32)), action, workers=1)
"""


@pytest.fixture
def folders(tmp_path):
    return write_picture(tmp_path / "in" / "a.jpg").parent, tmp_path / "out"


def resume(source: Path, out: Path, *options: str):
    arguments = ("protect", source, "-o", out, "--workers", "1", *QUICK_OPTIONS)
    return run(*arguments, "--resume", *options, password=PASSWORD)


def kill(tmp_path: Path, moment: str) -> None:
    """End a run with kill -9 just before, or just after, its first result is put in place."""
    script = tmp_path / "killer.py"
    script.write_text(KILLER)
    paths = os.pathsep.join(each for each in sys.path if each)
    process = subprocess.run(
        [sys.executable, script, tmp_path, moment],
        check=False,
        env=os.environ | {"PYTHONPATH": paths},
    )
    assert process.returncode == -signal.SIGKILL


def detached(source: Path, out: Path, overwrite: bool = False) -> Report:
    action = replace(QUICK, manifest="detached")
    return protect(source, out, KEY, action, resume=True, workers=1, overwrite=overwrite)


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_kill_around_the_last_step_is_made_good(tmp_path, folders, moment):
    source, out = folders
    kill(tmp_path, moment)
    names = {"a.png", "a.png.proface.json"}
    assert names <= set(tree(out)) if moment == "after" else not names & set(tree(out))
    before = tree(out)
    report = detached(source, out)
    assert [each.status for each in report.outcomes] == ["done"]
    assert report.outcomes[0].resumed == (moment == "after")
    assert set(tree(out)) == names | {"proface-journal.jsonl"}
    assert moment == "before" or tree(out)["a.png"] == before["a.png"]


@pytest.mark.parametrize(
    ("moment", "name"), [("before", "a.png"), ("after", "a.png"), ("after", "a.png.proface.json")]
)
def test_a_stranger_s_file_where_a_killed_run_was_about_to_write_stays(
    tmp_path, folders, moment, name
):
    source, out = folders
    kill(tmp_path, moment)
    (out / name).write_bytes(MINE)
    report = detached(source, out)
    assert report.failed
    assert name in report.outcomes[0].error
    assert "was changed" in report.outcomes[0].error
    assert (out / name).read_bytes() == MINE
    assert not list(out.glob(".proface-*"))
    report = detached(source, out, overwrite=True)
    assert not report.failed
    assert set(tree(out)) == {"a.png", "a.png.proface.json", "proface-journal.jsonl"}


def test_a_stranger_s_file_where_a_file_was_only_begun_stays(tmp_path):
    """As in the report: the run is killed while a file is in hand."""
    source, out = fill(tmp_path / "in", 6), tmp_path / "out"
    with start("protect", source, "-o", out, "--workers", "1", *QUICK_OPTIONS) as process:
        wait_for(lambda: done(out))
        process.kill()
    begun = [line["begin"] for line in journal(out) if "begin" in line]
    free = [name for name in tree(source) if name not in tree(out)]
    place = next((name for name in begun if name in free), free[0])
    (out / place).parent.mkdir(exist_ok=True)
    (out / place).write_bytes(MINE)
    result = resume(source, out)
    assert result.exit_code == 1
    assert f"failed: {place}: {out / place} exists already; move it away" in result.stderr
    assert "5 files protected" in result.stdout
    assert (out / place).read_bytes() == MINE
    (out / place).unlink()
    check_done(resume(source, out))
    assert set(tree(out)) == {*tree(source), "proface-journal.jsonl"}


@pytest.mark.parametrize("before", ["failed", "left"])
def test_a_stranger_s_file_where_an_earlier_run_wrote_nothing_stays(tmp_path, folders, before):
    source, out = folders
    picture = source / "a.jpg"
    content = picture.read_bytes()
    options = () if before == "failed" else ("--profile", "sealed", "--obfuscator", "pixelate")
    if before == "failed":
        picture.write_bytes(b"broken")
        assert resume(source, out).exit_code == 1
    else:
        arguments = ("protect", source, "-o", out, "--workers", "1", *options)
        check_done(run(*arguments, password=PASSWORD))
    picture.write_bytes(content + b"\0")  # so that it is done again
    (out / "a.png").write_bytes(MINE)
    if before == "left":
        arguments = ("protect", source, "-o", out, "--workers", "1", "--resume", *options)
        result = run(*arguments, password=PASSWORD)
    else:
        result = resume(source, out)
    assert result.exit_code == 1
    assert "a.png exists already" in result.stderr
    assert tree(out)["a.png"] == MINE


def test_our_own_result_of_a_changed_file_is_replaced_even_after_a_failure(folders):
    source, out = folders
    picture = source / "a.jpg"
    check_done(resume(source, out))
    first = tree(out)["a.png"]
    picture.write_bytes(b"broken")
    assert resume(source, out).exit_code == 1
    assert tree(out)["a.png"] == first
    write_picture(picture, seed=5)
    check_done(resume(source, out))
    assert tree(out)["a.png"] != first


@pytest.mark.parametrize("kind", ["file", "link"])
def test_what_appears_while_a_folder_is_worked_on_stays(tmp_path, kind):
    source, out = tmp_path / "in", tmp_path / "out"
    write_picture(source / "a.jpg")
    write_clip(source / "b.mp4", 40, (96, 72))
    with start("protect", source, "-o", out, "--workers", "1", *QUICK_OPTIONS) as process:
        wait_for(lambda: done(out))
        place = out / "b.mkv"
        other = tmp_path / "other"
        other.write_bytes(MINE)
        make = {"file": lambda: place.write_bytes(MINE), "link": lambda: place.symlink_to(other)}
        make[kind]()
        assert process.wait() == 1
    assert other.read_bytes() == place.read_bytes() == MINE
    assert not list(out.glob(".proface-*"))
    assert [line["status"] for line in journal(out) if "status" in line] == ["done", "failed"]


# The journal and the report


def test_the_journal_tells_nobody_that_a_photograph_was_in_the_folder(folders):
    source, out = folders
    check_done(resume(source, out))
    text = (out / "proface-journal.jsonl").read_text()
    for path in (source / "a.jpg", out / "a.png"):
        for name in ("sha256", "sha1", "md5", "sha512", "blake2b"):
            assert hashlib.new(name, path.read_bytes()).hexdigest() not in text
    assert str(source.parent) not in text
    assert stat.S_IMODE((out / "proface-journal.jsonl").stat().st_mode) == 0o600
    # The same picture under another password has another hash.
    again = out.with_name("again")
    arguments = ("protect", source, "-o", again, "--workers", "1", *QUICK_OPTIONS)
    check_done(run(*arguments, password="another"))
    assert done(again)[0]["mark"] != done(out)[0]["mark"]


@pytest.mark.parametrize("overwrite", [(), ("--overwrite",)])
@pytest.mark.parametrize(
    "name", ["out/a.png", "out/A.PNG", "in/a.jpg", "in/hard.jpg", "out/proface-journal.jsonl"]
)
def test_a_report_takes_nobody_s_place(tmp_path, folders, name, overwrite):
    source, out = folders
    (source / "hard.jpg").hardlink_to(source / "a.jpg")
    before = tree(source)
    result = resume(source, out, "--report", str(tmp_path / name), *overwrite)
    check_refused(result)
    assert tree(source) == before
    assert "a.png" not in tree(out)


def test_only_a_report_is_replaced_by_the_report_of_a_resumed_run(tmp_path, folders):
    source, out = folders
    report = tmp_path / "report.json"
    report.write_bytes(MINE)
    check_refused(resume(source, out, "--report", str(report)), "exists already")
    assert report.read_bytes() == MINE
    report.unlink()
    for resumed in (False, True):
        check_done(resume(source, out, "--report", str(report)))
        files = json.loads(report.read_text())["files"]
        assert files[0].get("resumed", False) == resumed
    assert stat.S_IMODE(report.stat().st_mode) == 0o600


def test_recovered_folders_are_for_their_owner_alone(tmp_path, folders):
    source, out = folders
    write_clip(source / "b.mp4", 3)
    back = tmp_path / "back"
    check_done(resume(source, out))
    write_picture(out / "plain.png")
    options = ("--workers", "1", "--unprotected", "copy")
    check_done(run("recover", out, "-o", back, *options, password=PASSWORD))
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in back.iterdir()}
    names = ("a.png", "b.mkv", "plain.png", "proface-journal.jsonl")
    assert modes == dict.fromkeys(names, 0o600)
    assert stat.S_IMODE((out / "a.png").stat().st_mode) == 0o644
    assert pixels(back / "a.png").shape == (64, 64, 3)
