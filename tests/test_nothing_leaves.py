"""Nothing leaves the machine and nothing stays on it, whatever the dependencies do by default.

A process with an empty home folder does all that proface can do, and strace writes down every
address that it, its children and their native libraries ask for.
"""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from contextlib import contextmanager, suppress

import httpx
import pytest

from proface.showcase.demo import SAMPLE

from .video import clips

ELSEWHERE = re.compile(
    r"\b(?:connect|sendto|sendmsg|sendmmsg)\(.*AF_INET6?\b(?!.*(?:127\.0\.0\.1|::1))"
)
"""A line of strace in which an address of another machine is asked for."""
LIBRARY = """
import sys
from pathlib import Path
import proface
from proface import video
picture, clip, out = map(Path, sys.argv[1:])
for profile in ("sealed", "randwr"):
    path = out / f"{profile}.png"
    proface.protect(picture, "password", profile=profile).save(path)
    proface.recover(path, "password").save(out / f"{profile}-recovered.png")
video.protect(clip, out / "out.mkv", "password", faces="whole")
video.recover(out / "out.mkv", out / "back.mkv", "password")
"""
PORT = "18765"


@pytest.fixture
def home(tmp_path):
    path = tmp_path / "home"
    path.mkdir()
    return path


@pytest.fixture
def clip(tmp_path):
    drawn = [each.pixels for each in clips.draw(3, 64, 48)]
    return clips.write(tmp_path / "clip.mkv", drawn)


def environment(home):
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "PYTHONPATH") if name in os.environ}
    return kept | {"HOME": str(home), "PYTHONDONTWRITEBYTECODE": "1"}


def traced(trace, *arguments):
    """The command line that runs Python and writes what it sends to whom."""
    strace = shutil.which("strace")
    if strace is None:
        if os.environ.get("PROFACE_BROWSER") == "required":
            pytest.fail("strace is missing")
        pytest.skip("needs strace")
    return [strace, "-f", "-qq", "-e", "trace=network", "-o", trace, sys.executable, *arguments]


@contextmanager
def serving(home, trace):
    """A service that has run a network, and its address."""
    server = subprocess.Popen(
        traced(trace, "-m", "proface", "serve", "--port", PORT),
        env=environment(home),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,  # strace keeps a signal of its own from what it traces
    )
    address = f"http://127.0.0.1:{PORT}"
    try:
        for _ in range(150):
            with suppress(httpx.ConnectError):
                httpx.post(f"{address}/api/detect", files={"picture": SAMPLE.read_bytes()})
                break
            time.sleep(0.2)
        yield address
    finally:
        os.killpg(server.pid, signal.SIGINT)
        server.wait(30)


def test_nothing_leaves_the_machine_and_nothing_stays_on_it(home, clip, tmp_path):
    """The reporter of ONNX Runtime looks its server up 11 seconds after it was loaded."""
    served, library, out = tmp_path / "served", tmp_path / "library", tmp_path / "out"
    out.mkdir()
    with serving(home, served) as address:
        began = time.monotonic()
        program = tmp_path / "program.py"
        program.write_text(LIBRARY)
        done = subprocess.run(
            traced(library, program, SAMPLE, clip, out),
            env=environment(home),
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        detected = httpx.post(f"{address}/api/detect", files={"picture": SAMPLE.read_bytes()})
        assert detected.status_code == 200
        time.sleep(max(0, 13 - (time.monotonic() - began)))
    for trace in (library, served):
        lines = trace.read_text(errors="replace").splitlines()
        assert any("AF_INET" in line for line in served.read_text().splitlines())
        assert [line for line in lines if ELSEWHERE.search(line)] == []
    assert [str(path.relative_to(home)) for path in home.rglob("*")] == []
