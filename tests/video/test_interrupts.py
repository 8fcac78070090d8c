"""Ctrl-C, at the worst of times."""

import os
import signal
import threading
from pathlib import Path

import pytest

from proface import Key, video
from proface.files.atomic import NewFiles
from proface.picture.options import KeepingOptions, ProtectOptions
from proface.video.interrupts import held_back
from tests.commandline import contents
from tests.video import clips

KEY = Key.from_bytes(bytes(32))


def press() -> None:
    os.kill(os.getpid(), signal.SIGINT)


@pytest.mark.parametrize(
    ("steps", "done"),
    [
        (["pass", "press", "frame", "pass", "frame"], 1),
        (["frame", "press", "frame", "press", "frame"], 2),
        (["press", "frame", "frame"], 2),
    ],
    ids=["it waits for its place", "a second one does not wait", "the end lets it through"],
)
def test_ctrl_c_is_held_back(steps: list[str], done: int) -> None:
    frames = []

    def work() -> None:
        with held_back() as let_through:
            actions = {"pass": let_through, "press": press, "frame": lambda: frames.append(1)}
            for step in steps:
                actions[step]()

    with pytest.raises(KeyboardInterrupt):
        work()
    assert len(frames) == done
    with pytest.raises(KeyboardInterrupt):  # as before
        press()


def test_other_threads_have_no_part_in_it() -> None:
    before = signal.getsignal(signal.SIGINT)
    found = []

    def look() -> None:
        with held_back() as let_through:
            let_through()
            found.append(signal.getsignal(signal.SIGINT))

    thread = threading.Thread(target=look)
    thread.start()
    thread.join()
    assert found == [before]


@pytest.mark.parametrize("at", [1, 2, 3])
def test_ctrl_c_while_pyav_writes_is_not_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at: int
) -> None:
    """It comes within a function that C calls, where Python would swallow it."""
    drawn = [each.pixels for each in clips.draw(60, 64, 48, 40, (60, 60), 0)]
    clip = clips.write(tmp_path / "clip.mkv", drawn)
    before = contents(tmp_path)
    written = []

    class PressingFiles(NewFiles):
        def begin(self, path: Path) -> "Pressing":
            return Pressing(super().begin(path))

    class Pressing:
        def __init__(self, file) -> None:
            self.seek, self.tell, self.read, self.close = file.seek, file.tell, None, file.close
            self.flush, self.fileno, self.file = file.flush, file.fileno, file

        def write(self, data: bytes) -> int:
            written.append(len(data))
            if len(written) == at:
                press()
            return self.file.write(data)

    monkeypatch.setattr("proface.video.protection.NewFiles", PressingFiles)
    monkeypatch.setattr("proface.video.writer._BUFFER", 4096)
    options = ProtectOptions(keeping=KeepingOptions("sealed"))
    with pytest.raises(KeyboardInterrupt):
        video.protect(clip, tmp_path / "out.mkv", KEY, options, faces="whole")
    assert len(written) >= at
    assert contents(tmp_path) == before
