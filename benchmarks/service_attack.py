"""Honest requests while the service is attacked, on this machine alone; prints JSON.

Usage: python benchmarks/service_attack.py [SECONDS]

For each attack, and for none: a service of its own, honest requests one after the other for so many
seconds (8), and how long their answers took. The attacks are bounded in number and end with it:

- ``scans``: progressive JPEGs of 40 megapixels with 1,000 empty scans, 8 senders;
- ``directories``: TIFFs of 2 MB with 20,000 chained directories, 8 senders;
- ``heads``: 1,100 connections with an unfinished request, opened again when they are closed, at
  1,024 open files of the service;
- ``slow``: BMPs of 4 MB that take a second each, which are allowed, 8 senders.
"""

import io
import json
import os
import platform
import socket
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import httpx
import numpy as np
from PIL import Image

SENDERS = 8
CONNECTIONS = 1100
OPEN_FILES = 1024
PAUSE = 0.05
SERVER = f"""
import resource, runpy, sys
resource.setrlimit(resource.RLIMIT_NOFILE, ({OPEN_FILES}, {OPEN_FILES}))
sys.argv = ["proface", "serve", "--port", "0"]
runpy.run_module("proface", run_name="__main__", alter_sys=True)
"""

Attack = Callable[[str, threading.Event], None]


def scans() -> bytes:
    """A small JPEG that goes over 40 megapixels a thousand times."""
    buffer = io.BytesIO()
    Image.new("RGB", (8000, 5000)).save(buffer, "JPEG", progressive=True)
    empty = b"\xff\xda" + struct.pack(">H", 8) + bytes([1, 1, 0, 1, 63, 0])
    return buffer.getvalue()[:-2] + empty * 1000 + b"\xff\xd9"


def directories() -> bytes:
    """A TIFF with 20,000 pages of 8 x 8 pixels, and no pixels."""
    tags = [(256, 3, 8), (257, 3, 8), (258, 3, 8), (259, 3, 1), (262, 3, 1)]
    tags += [(273, 4, 8), (278, 3, 8), (279, 4, 64)]
    entries = b"".join(struct.pack("<HHII", tag, kind, 1, value) for tag, kind, value in tags)
    size = 2 + len(entries) + 4
    count = 20_000
    following = [8 + size * (index + 1) for index in range(count - 1)] + [0]
    pages = [struct.pack("<H", len(tags)) + entries + struct.pack("<I", each) for each in following]
    return b"II*\0" + struct.pack("<I", 8) + b"".join(pages)


def slow() -> bytes:
    """A BMP just below the bound of what is decoded in Python."""
    runs = b"\x01\x05" * (2**21 - 1000)
    head = struct.pack("<IiiHHIIiiII", 40, 6000, 6000, 1, 8, 1, len(runs), 0, 0, 256, 0)
    start = 14 + len(head) + 1024
    return b"BM" + struct.pack("<IHHI", start + len(runs), 0, 0, start) + head + bytes(1024) + runs


def send_again_and_again(data: bytes) -> Attack:
    """Senders that each send a file, take the answer, and send it again."""

    def send(address: str, over: threading.Event) -> None:
        with httpx.Client(base_url=address, timeout=300) as client:
            while not over.is_set():
                try:
                    client.post("api/inspect", files={"picture": data})
                except httpx.HTTPError:
                    over.wait(PAUSE)

    def attack(address: str, over: threading.Event) -> None:
        senders = [threading.Thread(target=send, args=(address, over)) for _ in range(SENDERS)]
        for each in senders:
            each.start()
        for each in senders:
            each.join()

    return attack


def heads(address: str, over: threading.Event) -> None:
    """Connections that begin a request and leave it at that."""
    host, port = address.removeprefix("http://").rstrip("/").split(":")
    held: list[socket.socket] = []
    while not over.is_set():
        still = []
        for each in held:
            try:
                each.setblocking(False)
                each.recv(1024)  # a last word, or the end
                ended = True
            except BlockingIOError:
                ended = False
            except OSError:
                ended = True
            if ended:
                each.close()
            else:
                still.append(each)
        held = still
        for _ in range(CONNECTIONS - len(held)):
            if over.is_set():
                break
            try:
                each = socket.create_connection((host, int(port)), timeout=2)
                each.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n")
                held.append(each)
            except OSError:
                over.wait(PAUSE)
        over.wait(PAUSE)
    for each in held:
        each.close()


@contextmanager
def served() -> Iterator[str]:
    """A service with few open files; its address."""
    server = subprocess.Popen(
        [sys.executable, "-c", SERVER],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        yield server.stdout.readline().split()[-1]
    finally:
        server.terminate()
        try:
            server.wait(20)
        except subprocess.TimeoutExpired:
            server.kill()


def honest(address: str, seconds: float) -> dict[str, object]:
    """Pictures that are looked at, one after the other, each by a new connection."""
    buffer = io.BytesIO()
    coarse = np.random.default_rng(0).integers(0, 256, (4, 4, 3), np.uint8)
    Image.fromarray(coarse).resize((256, 256)).save(buffer, "JPEG")
    taken, failed = [], 0
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        start = time.perf_counter()
        try:
            files = {"picture": buffer.getvalue()}
            answer = httpx.post(f"{address}api/detect", files=files, timeout=60)
            failed += not answer.is_success
        except httpx.HTTPError:
            failed += 1
        taken.append(1000 * (time.perf_counter() - start))
        time.sleep(PAUSE)
    return {
        "requests": len(taken),
        "failed": failed,
        "median ms": round(float(np.median(taken)), 1),
        "95th percentile ms": round(float(np.percentile(taken, 95)), 1),
        "slowest ms": round(max(taken), 1),
    }


def measure(attack: Attack | None, seconds: float) -> dict[str, object]:
    """Honest requests during an attack."""
    over = threading.Event()
    with served() as address:
        honest(address, 1)  # models are loaded, processes are there
        thread = threading.Thread(target=attack, args=(address, over)) if attack else None
        if thread:
            thread.start()
            time.sleep(1.5)
        try:
            return honest(address, seconds)
        finally:
            over.set()
            if thread:
                thread.join(30)


def main() -> None:
    """Measure without and with each attack, and print."""
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 8.0
    attacks: dict[str, Attack | None] = {
        "none": None,
        "scans": send_again_and_again(scans()),
        "directories": send_again_and_again(directories()),
        "heads": heads,
        "slow": send_again_and_again(slow()),
    }
    results = {name: measure(attack, seconds) for name, attack in attacks.items()}
    machine = {"processor": platform.processor(), "cores": os.cpu_count()}
    print(json.dumps({"machine": machine, "load": os.getloadavg(), "honest": results}, indent=2))


if __name__ == "__main__":
    main()
