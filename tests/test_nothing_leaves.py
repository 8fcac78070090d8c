"""Nothing leaves the machine and nothing stays on it, whatever the dependencies do by default.

Processes whose home folder is empty do all that proface can do. Strace writes down every address
that they, their children and their native libraries ask for, whether there is a network or not.
"""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx
import pytest

from proface.showcase.demo import SAMPLE

from .commandline import write_face
from .video import clips

ELSEWHERE = re.compile(
    r"\b(?:connect|sendto|sendmsg|sendmmsg)\(.*AF_INET6?\b(?!.*(?:127\.0\.0\.1|\"::1))"
)
"""A line of strace in which an address of another machine is asked for."""
LOOKED_UP = re.compile(
    r"\b(?:connect|sendto|sendmsg|sendmmsg)\(.*(?:htons\(53\)|io\.systemd\.Resolve)"
)
"""One in which a name is looked up, of this machine's own resolver too."""
OPENED_ONLY = 'htons(53), sin_addr=inet_addr("8.8.8.8")'
REPORTER_WAITS = 13
"""Seconds; ONNX Runtime's looks its server up 11 seconds after it was loaded."""
LIBRARY = """
import sys
from pathlib import Path
import proface
from proface import video
from proface.files import images
from proface.inference import engines
picture, clip, out = map(Path, sys.argv[1:])
assert proface.detect(images.read(picture).pixels)
for profile, provider in (("sealed", "cpu"), *(("randwr", each) for each in engines.available())):
    path = out / f"{profile}-{provider}.png"
    proface.protect(picture, "password", profile=profile, providers=[provider]).save(path)
    proface.inspect(path)
    proface.recover(path, "password").save(out / f"{profile}-{provider}-recovered.png")
video.protect(clip, out / "out.mkv", "password", faces="whole")
video.recover(out / "out.mkv", out / "back.mkv", "password")
"""
NOTEBOOK = """
import code, sys
cells = (
    "import proface",
    f"made = proface.protect({sys.argv[1]!r}, 'password', profile='sealed')",
    f"made.save({sys.argv[2]!r})",
)
console = code.InteractiveConsole()
for cell in cells:
    console.runcode(cell)
"""
"""As a notebook's kernel runs its cells."""


@pytest.fixture
def home(tmp_path):
    path = tmp_path / "home"
    path.mkdir()
    return path


@pytest.fixture
def out(tmp_path):
    path = tmp_path / "out"
    path.mkdir()
    return path


@pytest.fixture
def clip(tmp_path):
    drawn = [each.pixels for each in clips.draw(3, 64, 48)]
    return clips.write(tmp_path / "clip.mkv", drawn)


def environment(home, **more):
    """A user's who has set nothing; caches and settings would go below the home folder, too."""
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "PYTHONPATH") if name in os.environ}
    folders = {
        f"XDG_{name}_HOME": str(home / name.lower())
        for name in ("CACHE", "CONFIG", "DATA", "STATE")
    }
    alone = {"HOME": str(home), "PYTHONDONTWRITEBYTECODE": "1", "PROFACE_PASSWORD": "password"}
    return kept | folders | alone | more


def traced(trace, *arguments):
    """The command line that runs Python and writes what it sends to whom."""
    strace = shutil.which("strace")
    if strace is None:
        if os.environ.get("PROFACE_BROWSER") == "required":
            pytest.fail("strace is missing")
        pytest.skip("needs strace")
    options = ("-f", "--seccomp-bpf", "-qq", "-s", "200", "-e", "trace=network", "-o", trace)
    return [strace, *options, sys.executable, *arguments]


def finish(trace, *arguments, env):
    done = subprocess.run(
        traced(trace, *arguments), env=env, capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode == 0, done.stderr


def asked_for(trace):
    """What a process and its children asked of other machines."""
    lines = trace.read_text(errors="replace").splitlines()
    return [line for line in lines if ELSEWHERE.search(line) or LOOKED_UP.search(line)]


def left_in(home):
    return sorted(str(path.relative_to(home)) for path in home.rglob("*"))


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


@contextmanager
def serving(home, trace):
    """A service that has run a network, and its address."""
    port = free_port()
    server = subprocess.Popen(
        traced(trace, "-m", "proface", "serve", "--port", str(port)),
        env=environment(home),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,  # strace keeps a signal of its own from what it traces
    )
    address = f"http://127.0.0.1:{port}"
    try:
        for _ in range(150):
            with suppress(httpx.ConnectError):
                httpx.post(
                    f"{address}/api/detect", files={"picture": SAMPLE.read_bytes()}, timeout=60
                )
                break
            time.sleep(0.2)
        yield address
    finally:
        os.killpg(server.pid, signal.SIGINT)
        server.wait(30)


def test_nothing_leaves_the_library_and_the_service_and_nothing_stays(home, clip, out, tmp_path):
    face = write_face(tmp_path / "face.png")
    served, library = tmp_path / "served", tmp_path / "library"
    program = tmp_path / "program.py"
    program.write_text(LIBRARY)
    with serving(home, served) as address:
        began = time.monotonic()
        finish(library, program, face, clip, out, env=environment(home))
        detected = httpx.post(
            f"{address}/api/detect", files={"picture": SAMPLE.read_bytes()}, timeout=60
        )
        assert detected.status_code == 200
        time.sleep(max(0, REPORTER_WAITS - (time.monotonic() - began)))
    assert "AF_INET" in served.read_text()  # the trace sees what the service does
    assert asked_for(served) == asked_for(library) == []
    assert left_in(home) == []


@pytest.mark.parametrize("said", ["", "0", "false"])
def test_whatever_the_variables_said_before_the_reporters_are_off(said, home, tmp_path):
    trace = tmp_path / "trace"
    off = {"ORT_DISABLE_TELEMETRY": said, "RAY_USAGE_STATS_ENABLED": "1"}
    code = (
        "import numpy, proface\n"
        "proface.detect(numpy.zeros((64, 64, 3), numpy.uint8))\n"
        "from ray._common.usage import usage_lib\n"
        "raise SystemExit(usage_lib.usage_stats_enabled())"
    )
    if not shutil.which("ray", path=Path(sys.executable).parent):
        code = code[: code.index("from ray")]
    finish(trace, "-c", code, env=environment(home, **off))
    assert asked_for(trace) == []
    assert left_in(home) == []


@pytest.mark.parametrize("how", [("--workers", "2"), ("--ray", "local")])
def test_nothing_leaves_the_workers_of_a_folder(how, home, out, tmp_path):
    if "--ray" in how:
        pytest.importorskip("ray", reason="needs Ray: pip install 'proface[ray]'")
    pictures, trace = tmp_path / "pictures", tmp_path / "trace"
    pictures.mkdir()
    for name in ("a.png", "b.png"):
        write_face(pictures / name)
    finish(
        *(trace, "-m", "proface", "protect", pictures, "-o", out / "done", *how),
        env=environment(home),
    )
    assert len(list((out / "done").glob("*.*"))) >= 2
    assert left_in(home) == []
    asked = asked_for(trace)
    if "--ray" in how:
        # Its processes talk to each other by this machine's own address, which they find out by a
        # datagram socket that is connected to a far one: nothing is sent on it.
        known = (own_address(), OPENED_ONLY)
        asked = [line for line in asked if not any(each in line for each in known)]
    assert asked == []


def own_address():
    """Of this machine in its network; connecting so sends nothing."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        try:
            asking.connect(("203.0.113.1", 9))
        except OSError:
            return "127.0.0.1"
        return f'{asking.getsockname()[0]}"'


def test_nothing_leaves_a_notebook(home, out, tmp_path):
    trace, face = tmp_path / "trace", write_face(tmp_path / "face.png")
    finish(trace, "-c", NOTEBOOK, face, out / "protected.png", env=environment(home))
    assert (out / "protected.png").is_file()
    assert asked_for(trace) == []
    assert left_in(home) == []


def test_the_watch_sees_a_name_that_is_looked_up_and_a_file_that_is_left(home, tmp_path):
    """By native code; else the other tests could not fail."""
    trace = tmp_path / "trace"
    code = (
        "import ctypes, pathlib\n"
        "ctypes.CDLL(None).getaddrinfo(b'proface.invalid', b'443', None, "
        "ctypes.byref(ctypes.c_void_p()))\n"
        "pathlib.Path.home().joinpath('device').touch()"
    )
    finish(trace, "-c", code, env=environment(home))
    assert asked_for(trace)
    assert left_in(home) == ["device"]
