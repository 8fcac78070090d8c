"""Pictures through pipes: ``-``, ``/dev/stdin``, named pipes; from outside, in real processes."""

import contextlib
import io
import json
import os
import pty
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.commandline import check_refused, contents, pixels, run, write_face

PASSWORD = "tulip"
SEALED = ("--profile", "sealed")
unix = pytest.mark.skipif(sys.platform == "win32", reason="needs named pipes and terminals")


@pytest.fixture(scope="module")
def face(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_face(tmp_path_factory.mktemp("face") / "face.png")


@pytest.fixture(scope="module")
def protected(face: Path) -> bytes:
    done = piped("protect", "-", "-o", "-", *SEALED, data=face.read_bytes())
    assert done.returncode == 0, done.stderr
    return done.stdout


def piped(*arguments: str | Path, data: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    """Run ``proface`` in a process of its own, with bytes for its standard input."""
    return subprocess.run(
        [sys.executable, "-m", "proface", *map(str, arguments)],
        input=data,
        capture_output=True,
        check=False,
        env=os.environ | {"PROFACE_PASSWORD": PASSWORD},
    )


def decoded(data: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB")).astype(int)


def test_a_picture_goes_through_and_back_without_a_file(face: Path, protected: bytes) -> None:
    done = piped("recover", "-", "-o", "-", data=protected)
    assert done.returncode == 0, done.stderr
    assert b"recovered" in done.stderr
    original, hidden, back = pixels(face).astype(int), decoded(protected), decoded(done.stdout)
    assert np.abs(hidden - original).max() > 60
    assert 10 * np.log10(255**2 / np.square(back - original).mean()) > 38


def test_inspect_reads_standard_input(protected: bytes) -> None:
    done = piped("inspect", "-", "--json", data=protected)
    assert json.loads(done.stdout)["recoverable"] is True


@unix
@pytest.mark.parametrize("command", ["protect", "inspect"])
def test_dev_stdin_and_named_pipes_are_read_once(
    face: Path, protected: bytes, tmp_path: Path, command: str
) -> None:
    data = face.read_bytes() if command == "protect" else protected
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    for source in (Path("/dev/stdin"), fifo):
        feeder = threading.Thread(target=lambda: fifo.write_bytes(data), daemon=True)
        if source is fifo:
            feeder.start()
        output = ("-o", tmp_path / f"{source.name}.png", *SEALED) if command == "protect" else ()
        done = piped(command, source, *output, data=b"" if source is fifo else data)
        assert done.returncode == 0, done.stderr
        if command == "protect":
            assert pixels(tmp_path / f"{source.name}.png").shape == (240, 240, 3)


@unix
@pytest.mark.parametrize("name", ["clip", "clip.mp4"])
def test_a_video_from_a_pipe_is_refused_and_does_not_hang(tmp_path: Path, name: str) -> None:
    fifo = tmp_path / name
    os.mkfifo(fifo)
    video = b"\0\0\0\x18ftypisom" + bytes(1000)
    threading.Thread(target=lambda: fifo.write_bytes(video), daemon=True).start()
    done = subprocess.run(
        [sys.executable, "-m", "proface", "protect", fifo, "-o", tmp_path / "out.png"],
        capture_output=True,
        check=False,
        timeout=60,
        env=os.environ | {"PROFACE_PASSWORD": PASSWORD},
    )
    assert done.returncode == 1
    assert b"video" in done.stderr or b"pipe" in done.stderr
    if name == "clip.mp4":  # nobody has read it
        fifo.read_bytes()


@pytest.mark.parametrize(
    ("arguments", "word", "code"),
    [
        (("protect", "-", "-o", "-", "--json"), "--json", 2),
        (("protect", "-", "-o", "-", "--manifest", "detached"), "manifest", 2),
        (("protect", "-", "-o", "out.png", "--password-stdin"), "holds the picture", 2),
        (("recover", "-", "-o", "-", "--json"), "--json", 2),
        (("recover", "-", "-o", "out.png", "--password-stdin"), "holds the picture", 2),
        (("protect", ".", "-o", "-"), "pictures only", 2),
        (("protect", "-", "-o", "out.mkv"), "pictures only", 2),
        (("protect", "-", "-o", "out.jpg"), "lose information", 1),
        (("protect", "-", "-o", "out.png", "--workers", "2"), "folders", 2),
        (("protect", "-", "-o", "out.png", *SEALED), "standard input is not a picture", 1),
        (("inspect", "-"), "standard input is not a picture", 1),
    ],
)
def test_what_makes_no_sense_is_said(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: tuple[str, ...],
    word: str,
    code: int,
) -> None:
    monkeypatch.chdir(tmp_path)
    result = run(*arguments, stdin=b"a letter, no picture", password=PASSWORD)
    check_refused(result, word, code=code)
    assert contents(tmp_path) == {}


def test_empty_standard_input(tmp_path: Path) -> None:
    done = piped("protect", "-", "-o", tmp_path / "out.png")
    assert (done.returncode, done.stdout) == (1, b"")
    assert done.stderr == b"proface: standard input is empty\n"
    assert contents(tmp_path) == {}


@unix
def test_no_picture_is_written_to_a_terminal(face: Path) -> None:
    main, terminal = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "proface", "protect", face, "-o", "-"],
        stdin=subprocess.DEVNULL,
        stdout=terminal,
        stderr=subprocess.PIPE,
        env=os.environ | {"PROFACE_PASSWORD": PASSWORD},
    )
    os.close(terminal)
    shown = b""
    with contextlib.suppress(OSError):  # Linux reports the end of a terminal as an error
        while chunk := os.read(main, 1024):
            shown += chunk
    os.close(main)
    assert process.stderr is not None
    with process.stderr:
        assert b"is a terminal" in process.stderr.read()
    assert (process.wait(), shown) == (2, b"")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_output_is_one_line(face: Path) -> None:
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", "proface", "protect", face, "-o", "-", *SEALED],
            stdout=full,
            stderr=subprocess.PIPE,
            check=False,
            env=os.environ | {"PROFACE_PASSWORD": PASSWORD},
        )
    assert done.returncode == 1
    assert done.stderr.startswith(b"proface: cannot write to standard output")


def test_recovering_to_a_lossy_file_gives_a_true_reason(protected: bytes, tmp_path: Path) -> None:
    (tmp_path / "protected.png").write_bytes(protected)
    result = run("recover", tmp_path / "protected.png", "-o", tmp_path / "x.jpg", password=PASSWORD)
    check_refused(result, "x.jpg", "written as they were", "copy")
    assert "never be recovered" not in result.stderr


def test_help_tells_of_pipes() -> None:
    text = " ".join(run("protect", "--help").stdout.split())
    for words in ("standard input", "standard output"):
        assert words in text
