"""Folders on the command line: what is done, refused, killed, resumed and reported."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from tests.commandline import check_done, check_refused, pixels, run, write_face
from tests.folder.pictures import QUICK_OPTIONS, done, fill, journal, tree, write_picture

PASSWORD = "Grüße, 世界"


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Five pictures, of which two can be read, a text, and a face in a sub-folder."""
    folder = tmp_path_factory.mktemp("folder") / "in"
    write_picture(folder / "smooth.png")
    write_face(write_picture(folder / "sub" / "face.jpg"))
    (folder / "cut.jpg").write_bytes((folder / "sub" / "face.jpg").read_bytes()[:2000])
    (folder / "empty.png").touch()
    (folder / "notes.txt").write_text("not a picture")
    return folder


@pytest.fixture(scope="module")
def out(source: Path) -> Path:
    """The folder, protected once."""
    out = source.with_name("out")
    options = ("--workers", "2", "--report", source.with_name("report.json"))
    result = run("protect", source, "-o", out, *options, password=PASSWORD)
    assert result.exit_code == 1, result.output
    failures = [line for line in result.stderr.splitlines() if line.startswith("failed: ")]
    assert len(failures) == 2
    assert "1 file protected (1 faces), 1 with nothing to do, 2 failed" in result.stdout
    assert "pictures/s" in result.stdout
    return out


def test_a_folder_with_broken_files_is_done_and_reported(source: Path, out: Path) -> None:
    before = tree(source)
    assert set(tree(out)) == {"sub/face.png", "proface-journal.jsonl"}
    report = json.loads(source.with_name("report.json").read_text())
    assert report["counts"] == {
        "done": 1,
        "copied": 0,
        "left": 1,
        "failed": 2,
        "skipped": 1,
        "left_open": 0,
        "pending": 0,
    }
    assert report["skipped"] == {"notes.txt": "neither a picture nor a video"}
    files = {each["name"]: each for each in report["files"]}
    assert set(files) == {"cut.jpg", "empty.png", "smooth.png", "sub/face.jpg"}
    assert "empty" in files["empty.png"]["error"]
    assert "no face" in files["smooth.png"]["notes"][0]
    face = files["sub/face.jpg"]
    assert face["profile"] == "randwr"
    assert len(face["faces"]) == 1
    assert len(face["mark"]) == len(face["outputs"]["sub/face.png"]) == 64
    assert set(report["stages"]) == {
        "decode",
        "detect",
        "key",
        "obfuscate",
        "network",
        "encode",
        "other",
    }
    assert sum(report["stages"].values()) == pytest.approx(1, abs=0.01)
    assert tree(source) == before


def test_the_way_back(source: Path, out: Path, tmp_path: Path) -> None:
    back = tmp_path / "back"
    check_done(run("recover", out, "-o", back, "--workers", "1", password=PASSWORD))
    assert set(tree(back)) == {"sub/face.png", "proface-journal.jsonl"}
    original, recovered = pixels(source / "sub/face.jpg"), pixels(back / "sub/face.png")
    error = np.mean((original.astype(float) - recovered) ** 2)
    assert 10 * np.log10(255**2 / error) > 38
    result = run("recover", out, "-o", back, "--resume", password="another")
    check_refused(result, "another password", code=3)


def test_a_second_run_is_refused_or_resumed_by_hash(source: Path, out: Path) -> None:
    before = tree(out)
    arguments = ("protect", source, "-o", out, "--workers", "1")
    check_refused(run(*arguments, password=PASSWORD), "earlier run")
    check_refused(
        run(*arguments, "--resume", "--obfuscator", "median", password=PASSWORD),
        "another obfuscator",
        code=2,
    )
    check_refused(run(*arguments, "--resume", password="another"), "another password", code=3)
    result = run(*arguments, "--resume", "--json", password=PASSWORD)
    assert result.exit_code == 1
    files = {each["name"]: each for each in json.loads(result.stdout)["files"]}
    assert files["sub/face.jpg"]["resumed"]
    assert not files["cut.jpg"].get("resumed", False)
    assert tree(out)["sub/face.png"] == before["sub/face.png"]


def start(*arguments: str | Path) -> "subprocess.Popen[bytes]":
    """``proface`` in the background."""
    environment = os.environ | {"PROFACE_PASSWORD": PASSWORD}
    program = [sys.executable, "-m", "proface", *map(str, arguments)]
    return subprocess.Popen(
        program, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )


def wait_for(condition: "object", seconds: float = 120) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)


def is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return Path(f"/proc/{process}/stat").read_text().split()[2] != "Z"


def test_kill_minus_9_loses_nothing_and_resume_ends_the_work(tmp_path: Path) -> None:
    source, out = fill(tmp_path / "in", 24), tmp_path / "out"
    before = tree(source)
    arguments = ("protect", source, "-o", out, "--workers", "2", *QUICK_OPTIONS)
    with start(*arguments) as process:
        wait_for(lambda: len(done(out)) >= 2)
        process.kill()
    killed = {line["name"]: line for line in done(out)}
    assert 2 <= len(killed) < 24
    workers = {int(line["worker"].rpartition(":")[2]) for line in killed.values()}
    wait_for(lambda: not any(is_alive(worker) for worker in workers), 20)
    first = tree(out)
    assert all(name.endswith((".png", ".jsonl", ".part")) for name in first)

    check_done(run(*arguments, "--resume", password=PASSWORD))
    last = tree(out)
    assert set(last) == {*before, "proface-journal.jsonl"}
    for line in killed.values():
        for name in line["outputs"]:
            assert last[name] == first[name]
    assert {line["name"] for line in journal(out) if line.get("status") == "done"} == set(before)
    assert tree(source) == before

    back = tmp_path / "back"
    check_done(run("recover", out, "-o", back, "--workers", "1", password=PASSWORD))
    for name in before:
        assert np.abs(pixels(back / name).astype(int) - pixels(source / name)).max() < 24


def test_a_worker_that_is_killed_costs_no_file(tmp_path: Path) -> None:
    source, out = fill(tmp_path / "in", 16), tmp_path / "out"
    with start("protect", source, "-o", out, "--workers", "2", *QUICK_OPTIONS) as process:
        wait_for(lambda: done(out))
        os.kill(int(done(out)[0]["worker"].rpartition(":")[2]), signal.SIGKILL)
        assert process.wait() == 0
    assert set(tree(out)) == {*tree(source), "proface-journal.jsonl"}
    assert any(line["attempts"] > 1 for line in done(out))


# What is refused before any work


@pytest.mark.parametrize(
    ("options", "word"),
    [
        (("--boxes", "boxes.json"), "--boxes"),
        (("--pattern", "same.png"), "pattern"),
        (("--workers", "0"), "at least one"),
        (("--workers", "2", "--ray", "auto"), "either"),
        (("--carrier", "file"), "sealed"),
    ],
)
def test_wrong_usage_leaves_no_trace(source: Path, tmp_path: Path, options, word) -> None:
    out = tmp_path / "out"
    result = run("protect", source, "-o", out, *options, password=PASSWORD)
    check_refused(result, word, code=2)
    assert not out.exists() or tree(out) == {}


def test_lossy_results_are_refused(source: Path, tmp_path: Path) -> None:
    arguments = ("protect", source, "-o", tmp_path / "out", "--pattern", "{stem}.jpg")
    check_refused(run(*arguments, password=PASSWORD), "lose information")


def test_options_for_folders_are_refused_for_a_picture(source: Path, tmp_path: Path) -> None:
    picture = source / "sub" / "face.jpg"
    for option in (("--resume",), ("--workers", "2"), ("--no-face", "copy")):
        result = run("protect", picture, "-o", tmp_path / "o.png", *option, password=PASSWORD)
        check_refused(result, "folders only", code=2)


def test_files_of_others_stay_as_they_are(tmp_path: Path) -> None:
    source, out = tmp_path / "in", tmp_path / "out"
    write_picture(source / "a.jpg")
    out.mkdir()
    (out / "mine.txt").write_text("mine")
    (out / "a.png").write_text("mine too")
    arguments = ("protect", source, "-o", out, "--workers", "1", *QUICK_OPTIONS)
    for options in ((), ("--resume",)):
        check_refused(run(*arguments, *options, password=PASSWORD), "a.png", "exist already")
        assert tree(out) == {"mine.txt": b"mine", "a.png": b"mine too"}
    check_done(run(*arguments, "--overwrite", password=PASSWORD))
    assert set(tree(out)) == {"mine.txt", "a.png", "proface-journal.jsonl"}
    assert tree(out)["mine.txt"] == b"mine"
    assert pixels(out / "a.png").shape == (64, 64, 3)


def on_small_disk(
    folder: Path, disk: str, size: str, program: str
) -> "subprocess.CompletedProcess[str]":
    """Run a shell's program where a sub-folder is a disk of some size; skip where that cannot be.

    What lies on the disk in the end is listed on standard output.
    """
    if not shutil.which("unshare"):
        pytest.skip("needs unshare, for a small disk")
    (folder / disk).mkdir()
    mount = f"mount -t tmpfs -o size={size} none {disk} || exit 77\n"
    end = f"\ncode=$?; ls -AR {disk}; exit $code"
    result = subprocess.run(
        ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", mount + program + end],
        cwd=folder,
        env=os.environ | {"PROFACE_PASSWORD": PASSWORD},
        capture_output=True,
        text=True,
        check=False,
    )
    if result.returncode == 77 or "unshare" in result.stderr:
        pytest.skip(f"no small disk can be made here: {result.stderr}")
    return result


def test_a_full_disk_ends_the_run_and_resume_goes_on(tmp_path: Path) -> None:
    source = fill(tmp_path / "in", 9)
    program = (
        f"{sys.executable} -m proface protect {source} -o out --workers 1 --report report.json "
        f"{' '.join(QUICK_OPTIONS)}\necho $?\n"
        "mount -o remount,size=1m out\n"
        f"{sys.executable} -m proface protect {source} -o out --workers 1 --resume "
        f"{' '.join(QUICK_OPTIONS)}\necho $?"
    )
    result = on_small_disk(tmp_path, "out", "36k", program)
    codes = [line for line in result.stdout.splitlines() if line in ("0", "1")]
    assert codes == ["1", "0"], (result.stdout, result.stderr)
    assert "the disk is full" in result.stderr
    report = json.loads((tmp_path / "report.json").read_text())
    assert report["counts"]["pending"] > 0
    assert result.stdout.count(".png\n") == 9
    assert ".part" not in result.stdout
