"""Hostile pictures through the whole service: an answer at once, and the others are served."""

import json
import os
import threading
import time
from pathlib import Path

import httpx
import pytest

from proface.faces.boxes import Box
from proface.files.manifest import FaceEntry, Made, Manifest
from proface.keys import AgeSlot
from proface.service.limits import Limits
from tests.files.test_bounds import BOMBS, EMPTY_SCAN, saved
from tests.service.serving import PASSWORD, png, random_pixels, sample, serving
from tests.service.test_http import SEALED, check_refused, post
from tests.service.test_serve import served


def scans() -> bytes:
    """A quarter of a megabyte that goes over 40 megapixels a thousand times."""
    data = saved("JPEG", (8000, 5000), progressive=True)
    return data[:-2] + EMPTY_SCAN * 1000 + data[-2:]


def test_no_bomb_keeps_a_process() -> None:
    with serving(Limits(working=1)) as client:
        post(client, "detect", sample())  # the process is there
        for name, (make, word) in BOMBS.items():
            data = make()
            if len(data) > 4 * 2**20:
                continue  # sending it takes longer than refusing it
            check_refused(post(client, "inspect", data), 422, "bad-picture", "the file", word)
            assert post(client, "detect", png(random_pixels(0))).is_success, name


def test_honest_requests_are_answered_during_an_attack() -> None:
    hostile, over = scans(), threading.Event()
    with serving(Limits(working=2)) as client:

        def attack() -> None:
            with httpx.Client(base_url=client.base_url, timeout=60) as attacker:
                while not over.is_set():
                    check_refused(post(attacker, "inspect", hostile), 422, "bad-picture", "scans")

        attackers = [threading.Thread(target=attack) for _ in range(2)]
        for each in attackers:
            each.start()
        try:
            for _ in range(5):
                start = time.perf_counter()
                assert post(client, "detect", sample()).json()["faces"]
                # Two of these files keep two decoders busy for 40 s, if they come to them.
                assert time.perf_counter() - start < 30
        finally:
            over.set()
            for each in attackers:
                each.join()


def manifest_of_equal_boxes(count: int) -> str:
    face = FaceEntry(Box(0, 0, 40, 40), "0" * 64)
    slot = AgeSlot(b"age-encryption.org/v1")
    made = Made("2026-11-27T09:30:00Z", "0.1.0")
    one = Manifest(
        "sealed", 64, 64, "gaussian", None, made, bytes(16), "0" * 64, (face,), (slot,)
    ).to_json()
    content = json.loads(one)
    return json.dumps(content | {"faces": content["faces"] * count}, separators=(",", ":"))


def test_floods_of_boxes() -> None:
    with serving(Limits(seconds=20)) as client:
        flood = manifest_of_equal_boxes(4096)
        answer = post(client, "inspect", png(random_pixels(0)), manifest=flood)
        check_refused(answer, 422, "bad-manifest", "overlap")
        boxes = json.dumps([{"x": 0, "y": 0, "width": 9, "height": 9}] * 4097)
        answer = post(client, "preview", png(random_pixels(0)), boxes=boxes)
        check_refused(answer, 422, "bad-boxes", "4097 boxes")


@pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="needs Linux")
def test_secrets_are_in_no_command_line_and_no_environment(tmp_path: Path) -> None:
    token = "a-token-of-this-test"
    file = tmp_path / "token"
    file.write_text(token)
    folder = tmp_path / "empty"
    folder.mkdir()
    with served("--token-file", file, folder=folder) as (process, address):
        headers = {"Authorization": f"Bearer {token}"}
        with httpx.Client(base_url=address, timeout=60, headers=headers) as client:
            assert post(client, "protect", png(random_pixels(0)), **SEALED).is_success
        children = children_of(process.pid)
        assert children
        for each in (process.pid, *children):
            for about in ("cmdline", "environ"):
                text = Path(f"/proc/{each}/{about}").read_bytes()
                assert token.encode() not in text
                assert PASSWORD.encode() not in text


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs Linux")
def test_processes_end_with_the_service_however_it_ends(tmp_path: Path) -> None:
    with served(folder=tmp_path) as (process, address):
        with httpx.Client(base_url=address, timeout=60) as client:
            assert post(client, "detect", png(random_pixels(0))).is_success
        children = children_of(process.pid)
        assert children
        process.kill()
        process.wait()
        deadline = time.perf_counter() + 20
        while any(map(lives, children)):
            assert time.perf_counter() < deadline
            time.sleep(0.1)


def children_of(pid: int) -> list[int]:
    found = Path(f"/proc/{pid}/task").glob("*/children")
    return [int(child) for each in found for child in each.read_text().split()]


def lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
        return ") Z" not in Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
