"""``proface serve`` from outside: where it listens, what it refuses, how it ends."""

import os
import resource
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import numpy as np
import pytest

from tests.commandline import check_done, check_refused, contents, run, run_process
from tests.service.serving import PASSWORD, pixels_of, png, random_pixels


@contextmanager
def served(
    *options: str | Path, folder: Path, code: str = ""
) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The command, or code that runs it, with the folder for everything temporary."""
    command = ["-m", "proface", "serve", "--port", "0", *map(str, options)]
    process = subprocess.Popen(
        [sys.executable, *(["-c", code] if code else command)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={"TMPDIR": str(folder), "PATH": "", "PYTHONDONTWRITEBYTECODE": "1"}
        | {name: os.environ[name] for name in ("PYTHONPATH",) if name in os.environ},
        cwd=folder,
    )
    assert process.stdout is not None
    try:
        line = process.stdout.readline()
        assert line.startswith("proface is at http://"), process.communicate()
        yield process, line.split()[-1]
    finally:
        process.kill()
        process.communicate()


@pytest.mark.skipif(not hasattr(resource, "prlimit"), reason="needs Linux")
def test_nothing_is_written_to_disk_and_ctrl_c_ends_it(tmp_path: Path) -> None:
    # An upload that form parsers like to spool to the disk, and files may have no bytes at all.
    noise = np.random.default_rng(0).integers(0, 256, (1024, 1024, 3), np.uint8)
    data = png(noise)
    assert len(data) > 3 * 2**20
    fields = {"password": PASSWORD, "profile": "sealed", "carrier": "file", "faces": "whole"}
    with served(folder=tmp_path) as (process, address):
        with httpx.Client(base_url=address, timeout=60) as client:
            # One request first, so that the processes are there that work on pictures.
            assert client.post("api/detect", files={"picture": png(random_pixels(0))}).is_success
            found = Path(f"/proc/{process.pid}/task").glob("*/children")
            workers = [int(pid) for each in found for pid in each.read_text().split()]
            assert workers
            for pid in (process.pid, *workers):
                resource.prlimit(pid, resource.RLIMIT_FSIZE, (0, 0))
            protected = client.post("api/protect", files={"picture": data}, data=fields)
            assert protected.status_code == 200, protected.text
            files = {"picture": protected.content}
            back = client.post("api/recover", files=files, data={"password": PASSWORD})
        process.send_signal(signal.SIGINT)
        said, log = process.communicate(timeout=30)
    np.testing.assert_array_equal(pixels_of(back.content), noise)
    assert contents(tmp_path) == {}
    assert "Traceback" not in said + log
    assert "POST /api/protect 200" in log
    assert PASSWORD not in said + log


def test_a_taken_port_is_one_line() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1])
        check_refused(run("serve", "--port", port), f"port {port}", "in use")


@pytest.mark.parametrize("host", ["0.0.0.0", "::"])
def test_others_can_only_call_with_a_token(host: str) -> None:
    check_refused(run("serve", "--port", "0", "--host", host), "--token-file", code=2)


def test_a_token_must_be_there_and_long_enough(tmp_path: Path) -> None:
    file = tmp_path / "token"
    check_refused(run("serve", "--token-file", file), "cannot read", code=2)
    for short in ("", "short\n", "é" * 40):
        file.write_text(short, encoding="utf-8")
        check_refused(run("serve", "--token-file", file), "at least 16", code=2)


def test_with_a_token_it_listens_everywhere(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("a-token-of-this-test\n")
    folder = tmp_path / "empty"
    folder.mkdir()
    options = ("--host", "0.0.0.0", "--token-file", file)
    with served(*options, folder=folder) as (_, address):
        profiles = address.replace("0.0.0.0", "127.0.0.1") + "api/profiles"
        assert httpx.get(profiles).status_code == 401
        good = {"Authorization": "Bearer a-token-of-this-test"}
        assert httpx.get(profiles, headers=good).status_code == 200


def test_limits_are_options(tmp_path: Path) -> None:
    options = ("--max-upload", "1", "--max-pixels", "2", "--max-faces", "3", "--max-seconds", "4")
    with served(*options, folder=tmp_path) as (_, address):
        assert httpx.get(f"{address}api/limits").json() == {
            "upload": 2**20,
            "pixels": 2_000_000,
            "faces": 3,
            "seconds": 4,
        }
    for wrong in (("--max-upload", "0"), ("--max-pixels", "1000"), ("--port", "70000")):
        assert run("serve", *wrong).exit_code == 2


def test_help_says_the_defaults_of_the_limits() -> None:
    from proface.service.limits import MEBIBYTE, Limits

    text = " ".join(check_done(run("serve", "--help")).split())
    limits = Limits()
    for option, default in {
        "--max-upload": limits.upload // MEBIBYTE,
        "--max-pixels": limits.pixels // 10**6,
        "--max-faces": limits.faces,
        "--max-working": limits.working,
        "--max-waiting": limits.waiting,
        "--max-memory": limits.memory // MEBIBYTE,
        "--max-key-memory": limits.key_memory // MEBIBYTE,
        "--max-work-memory": limits.work_memory // MEBIBYTE,
        "--max-connections": limits.connections,
        "--max-seconds": int(limits.seconds),
    }.items():
        described = text.partition(f" {option} ")[2].partition(" --")[0]
        assert f"[default: {default};" in described or f"[default: {default}]" in described, option


def test_without_its_extra_it_says_what_to_install() -> None:
    code = "import sys\nsys.modules['fastapi'] = None\nfrom proface.cli import main\nmain()"
    result = run_process("serve", code=code)
    assert result.returncode == 1
    assert result.stderr == "proface: The service needs fastapi: pip install 'proface[serve]'\n"
