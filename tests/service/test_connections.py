"""Connections from outside: idle ones do not keep others out, and each has an end."""

import resource
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx
import pytest

from proface.service import connections
from proface.service.limits import MEBIBYTE, Limits
from tests.service.serving import png, random_pixels, serving
from tests.service.test_http import post
from tests.service.test_serve import served

BEGINNING = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n"
needs_limits = pytest.mark.skipif(not hasattr(resource, "prlimit"), reason="needs Linux")


@contextmanager
def opened(client: httpx.Client, count: int, first: bytes = b"") -> Iterator[list[socket.socket]]:
    """Connections that have sent so much, and nothing more."""
    address = (client.base_url.host, client.base_url.port)
    with ExitStack() as stack:
        all_of_them = []
        for _ in range(count):
            connection = stack.enter_context(socket.create_connection(address, timeout=20))
            connection.sendall(first)
            all_of_them.append(connection)
        yield all_of_them


def is_closed(connection: socket.socket) -> bool:
    """Whether the other side has ended it."""
    connection.setblocking(False)
    try:
        return connection.recv(1) == b""
    except BlockingIOError:
        return False
    except ConnectionError:
        return True


def is_broken(connection: socket.socket, data: bytes) -> bool:
    """Whether nobody takes these bytes any more."""
    try:
        connection.sendall(data)
    except ConnectionError:
        return True
    return False


def await_closed(connection: socket.socket, seconds: float) -> bytes:
    """What a connection says before it is closed."""
    connection.settimeout(seconds)
    said = b""
    try:
        while more := connection.recv(65_536):
            said += more
    except ConnectionError:
        pass
    return said


@pytest.fixture
def hasty(monkeypatch) -> None:
    monkeypatch.setattr(connections, "HEAD_SECONDS", 0.6)


@pytest.mark.usefixtures("hasty")
@pytest.mark.parametrize("first", [b"", b"G", BEGINNING, b"POST /api/detect HTTP/1.1\r\n"])
def test_a_head_that_does_not_end_is_cut_off(first: bytes) -> None:
    with serving() as client, opened(client, 3, first) as some:
        start = time.perf_counter()
        for each in some:
            said = await_closed(each, 10)
            assert said.startswith(b"HTTP/1.1 408 " if first else b""), said
            assert (b'"head-too-slow"' in said) == bool(first)
        assert time.perf_counter() - start < 5
        assert client.get("/healthz").is_success


@pytest.mark.usefixtures("hasty")
@pytest.mark.parametrize("first", [BEGINNING, BEGINNING + b"Content-Length: 100000\r\n\r\n"])
def test_a_byte_now_and_then_does_not_help(first: bytes) -> None:
    """Neither of a head, nor of a body that nobody asked for, behind the answer."""
    with serving() as client, opened(client, 1, first) as [slow]:
        start = time.perf_counter()
        while not is_broken(slow, b"a"):
            assert time.perf_counter() - start < 8
            time.sleep(0.1)


@pytest.mark.usefixtures("hasty")
def test_the_second_request_of_a_connection_has_a_deadline_too() -> None:
    with serving() as client, opened(client, 1, BEGINNING + b"\r\n" + BEGINNING) as [slow]:
        said = await_closed(slow, 10)
        assert said.startswith(b"HTTP/1.1 200 OK")
        assert b"HTTP/1.1 408 " in said


@pytest.mark.usefixtures("hasty")
def test_requests_one_after_the_other_are_not_cut_off() -> None:
    with serving() as client:
        start = time.perf_counter()
        while time.perf_counter() - start < 2:
            assert client.get("/healthz").is_success
            time.sleep(0.2)
        with opened(client, 1, (BEGINNING + b"\r\n") * 20) as [pipelined]:
            assert await_closed(pipelined, 10).count(b"HTTP/1.1 200 OK") == 20


def test_an_answer_that_nobody_takes_ends(monkeypatch) -> None:
    monkeypatch.setattr(connections, "STALL_SECONDS", 0.5)
    page = b"GET /api/openapi.json HTTP/1.1\r\nHost: localhost\r\n\r\n"
    with serving() as client, socket.socket() as lazy:
        one = len(client.get("/api/openapi.json").content)
        count = 16 * MEBIBYTE // one  # more than the system keeps for a client
        lazy.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        lazy.settimeout(30)
        lazy.connect((client.base_url.host, client.base_url.port))
        lazy.sendall(page * count)
        time.sleep(3)
        # What the system had taken by then still comes.
        assert len(await_closed(lazy, 30)) < count * one / 2
        assert client.get("/healthz").is_success


def test_the_oldest_that_says_nothing_makes_room() -> None:
    with serving(Limits(connections=20)) as client, opened(client, 60, BEGINNING) as many:
        assert client.get("/healthz").is_success
        assert post(client, "detect", png(random_pixels(0))).is_success
        assert [is_closed(each) for each in many[:40]] == [True] * 40
        assert not any(is_closed(each) for each in many[-15:])


def test_whoever_is_served_is_not_pushed_out() -> None:
    head = (
        b"POST /api/detect HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n"
        b"Content-Type: multipart/form-data; boundary=x\r\n\r\n--x"
    )
    with serving(Limits(connections=16)) as client, opened(client, 16, head) as inside:
        time.sleep(0.3)
        with opened(client, 1) as [one_more]:
            said = await_closed(one_more, 10)
        assert said.startswith(b"HTTP/1.1 503 ")
        assert b'"full"' in said
        assert not any(is_closed(each) for each in inside)


def test_an_upload_that_trickles_is_cut_off(monkeypatch) -> None:
    monkeypatch.setattr("proface.service.admission._FIRST_SECONDS", 0.5)
    head = (
        b"POST /api/detect HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000\r\n"
        b"Content-Type: multipart/form-data; boundary=x\r\n\r\n"
        b'--x\r\nContent-Disposition: form-data; name="picture"; filename="a"\r\n\r\n'
    )
    with serving() as client, opened(client, 1, head) as [slow]:
        start = time.perf_counter()
        said = b""
        slow.settimeout(0.1)
        while not said and time.perf_counter() - start < 20:
            slow.sendall(b"a")
            try:
                said = slow.recv(65_536)
            except TimeoutError:
                continue
        assert said.startswith(b"HTTP/1.1 408 ")
        assert time.perf_counter() - start < 15


@needs_limits
def test_more_connections_than_files_may_be_open(tmp_path: Path) -> None:
    """1,100 at 1,024 open files, at once and again, while others are served."""
    code = (
        "import resource, sys, runpy\n"
        "resource.setrlimit(resource.RLIMIT_NOFILE, (1024, 1024))\n"
        "sys.argv = ['proface', 'serve', '--port', '0']\n"
        "runpy.run_module('proface', run_name='__main__', alter_sys=True)"
    )
    with served(folder=tmp_path, code=code) as (process, address):
        with httpx.Client(base_url=address, timeout=60) as client:
            for first in (b"", BEGINNING):
                with opened(client, 1100, first):
                    for _ in range(5):
                        with httpx.Client(base_url=address, timeout=60) as honest:
                            assert honest.get("/healthz").is_success
                            assert honest.get("/static/main.js").is_success
                            assert post(honest, "detect", png(random_pixels(0))).is_success
                    assert len(list(Path(f"/proc/{process.pid}/fd").iterdir())) < 900
        process.terminate()
        _, log = process.communicate(timeout=30)
    assert "Traceback" not in log
    assert "out of system resource" not in log


@needs_limits
def test_few_open_files_are_made_more_where_the_system_agrees(tmp_path: Path) -> None:
    code = (
        "import resource\n"
        "resource.setrlimit(resource.RLIMIT_NOFILE, (256, 2048))\n"
        "from proface.service import rlimits\n"
        "print(rlimits.allow_open_files(1000), rlimits.allow_open_files(500))\n"
        "print(rlimits.allow_open_files(9000), resource.getrlimit(resource.RLIMIT_NOFILE))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split("\n")[:2] == ["1000 500", "2048 (2048, 2048)"]


def test_limits_are_what_the_documents_say() -> None:
    assert Limits().connections == 600
    assert Limits().work_memory == 6144 * MEBIBYTE
    assert (connections.HEAD_SECONDS, connections.STALL_SECONDS) == (10, 30)
