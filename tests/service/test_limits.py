"""Limits from outside: each with a clear answer, and none that lets memory or the queue grow."""

import socket
import struct
import threading
import time
import zlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import httpx
import numpy as np

import proface
from proface.faces.boxes import Box
from proface.keys import Derivation, Identity, Key
from proface.service.limits import MEBIBYTE, Limits
from tests.service.serving import (
    PASSWORD,
    WEAK,
    pixels_of,
    png,
    protected_cheaply,
    random_pixels,
    serving,
)
from tests.service.test_http import SEALED, check_refused, post

WHOLE = {"profile": "sealed", "faces": "whole"}


def bomb(width: int, height: int) -> bytes:
    """A small PNG file whose header promises a large picture."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = [(b"IHDR", header), (b"IDAT", zlib.compress(bytes(1000))), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
        for name, body in chunks
    )


def raw_answer(client: httpx.Client, head: str, body: bytes = b"") -> bytes:
    """What the service says to bytes that no decent client would send."""
    address = (client.base_url.host, client.base_url.port)
    with socket.create_connection(address, timeout=20) as connection:
        connection.sendall(head.replace("\n", "\r\n").encode() + body)
        return connection.recv(65_536)


def test_uploads_that_are_announced_or_become_too_large() -> None:
    with serving(Limits(upload=MEBIBYTE)) as client:
        large = bytes(MEBIBYTE)
        check_refused(post(client, "detect", large), 413, "too-large", "1 MiB")

        def pieces():
            yield b'--x\r\nContent-Disposition: form-data; name="picture"; filename="a"\r\n\r\n'
            for _ in range(20):
                yield bytes(MEBIBYTE // 10)

        kind = {"content-type": "multipart/form-data; boundary=x"}
        answer = client.post("/api/detect", content=pieces(), headers=kind)
        check_refused(answer, 413, "too-large")
        # One that announces a terabyte is not waited for.
        head = "POST /api/detect HTTP/1.1\nHost: localhost\nContent-Length: 1099511627776\n\n"
        start = time.perf_counter()
        assert b"413" in raw_answer(client, head).split(b"\r\n")[0]
        assert time.perf_counter() - start < 10
        assert post(client, "detect", png(random_pixels(0))).is_success


def test_pictures_with_too_many_pixels_are_not_decoded() -> None:
    with serving(Limits(pixels=10_000)) as client:
        for path in ("detect", "inspect"):
            answer = post(client, path, bomb(9_000, 9_000))
            check_refused(answer, 413, "too-many-pixels", "9000 x 9000", "0.01 megapixels")
            answer = post(client, path, bomb(90_000, 90_000))
            check_refused(answer, 413, "too-many-pixels", "0.01 megapixels")
        check_refused(post(client, "detect", png(random_pixels(0, 101))), 413, "too-many-pixels")
        assert post(client, "detect", png(random_pixels(0, 100))).is_success


def test_too_many_faces() -> None:
    picture = random_pixels(0, 200)
    boxes = [Box(x, y, 32, 32) for x in (0, 60, 120) for y in (0, 60)]
    protected = proface.protect(picture, PASSWORD, profile="sealed", faces=boxes).encode("PNG")
    with serving(Limits(faces=5)) as client:
        answer = post(client, "recover", protected, password=PASSWORD)
        check_refused(answer, 413, "too-many-faces", "6 faces", "at most 5")
        check_refused(post(client, "verify", protected), 413, "too-many-faces")
        given = str([{"x": b.x, "y": b.y, "width": 32, "height": 32} for b in boxes])
        fields = SEALED | {"boxes": given.replace("'", '"')}
        answer = post(client, "protect", png(picture), **fields)
        check_refused(answer, 413, "too-many-faces")


def test_a_picture_cannot_ask_for_a_costly_key() -> None:
    identity = Identity.generate()
    key = Key.derive(PASSWORD, derivation=Derivation("argon2id", 3, 100 * 1024, 4))
    costly = proface.protect(random_pixels(0), key, recipients=identity.recipients, **WHOLE)
    # Each slot may be cheap, and all of them dear.
    cheap = proface.protect(random_pixels(0), PASSWORD, **WHOLE)
    [slot] = cheap.manifest.slots
    slots = tuple(replace(slot, salt=bytes([number]) * 16) for number in range(3))
    many = replace(cheap, manifest=replace(cheap.manifest, slots=slots))
    with serving(Limits(key_memory=64 * MEBIBYTE)) as client:
        for path in ("recover", "verify"):
            for made, asked in ((costly, "100 MiB"), (many, "192 MiB")):
                answer = post(client, path, made.encode("PNG"), password=PASSWORD)
                check_refused(answer, 413, "too-costly-key", asked, "64 MiB")
            assert post(client, path, cheap.encode("PNG"), password=PASSWORD).is_success
        # An identity needs no derivation.
        file = ("key.txt", identity.to_text().encode())
        assert post(client, "recover", costly.encode("PNG"), identity=file).is_success


def test_slow_uploads_are_cut_off() -> None:
    with serving(Limits(seconds=0.5)) as client:
        head = (
            "POST /api/detect HTTP/1.1\nHost: localhost\nContent-Length: 1000\n"
            "Content-Type: multipart/form-data; boundary=x\n\n"
        )
        assert b"408" in raw_answer(client, head, b"--x").split(b"\r\n")[0]


def test_work_that_takes_too_long_is_answered_and_ends_between_two_faces() -> None:
    # Of one colour: a file so small that a busy machine receives it in time.
    picture = np.full((1200, 1200, 3), 90, np.uint8)
    boxes = [
        {"x": x, "y": y, "width": 100, "height": 100}
        for x in range(0, 1100, 110)
        for y in range(0, 1100, 110)
    ]
    fields = {"password": PASSWORD, "boxes": str(boxes).replace("'", '"')}
    with serving(Limits(seconds=4, working=1)) as client:
        while not post(client, "detect", png(random_pixels(0))).is_success:
            pass  # the process is still starting
        start = time.perf_counter()
        answer = post(client, "protect", png(picture), **fields)
        check_refused(answer, 413, "too-slow", "4 seconds")
        assert time.perf_counter() - start < 30
        # The process is free again long before a hundred faces could have been done.
        deadline = time.perf_counter() + 30
        while not post(client, "detect", png(random_pixels(0))).is_success:
            assert time.perf_counter() < deadline


def test_more_requests_than_there_is_room_for_are_refused_at_once() -> None:
    limits = Limits(waiting=3, working=1, seconds=60)
    picture = png(random_pixels(0))
    with serving(limits) as client, ThreadPoolExecutor(12) as callers:
        answers = list(callers.map(lambda _: post(client, "protect", picture, **SEALED), range(12)))
    statuses = [answer.status_code for answer in answers]
    assert set(statuses) == {200, 429}
    for answer in answers:
        if answer.status_code == 429:
            check_refused(answer, 429, "busy")
            assert int(answer.headers["retry-after"]) > 0


def test_uploads_wait_at_the_door_until_there_is_memory_for_them() -> None:
    picture = random_pixels(0, 256)
    data = png(picture) + bytes(200_000)  # what follows a PNG file is not looked at
    limits = Limits(upload=MEBIBYTE // 4, memory=MEBIBYTE // 4, seconds=60)
    with serving(limits) as client, ThreadPoolExecutor(8) as callers:
        answers = list(callers.map(lambda _: post(client, "detect", data), range(8)))
    assert [answer.status_code for answer in answers] == [200] * 8


def test_two_hundred_at_once_get_each_their_own_answer() -> None:
    count = 200
    originals = [random_pixels(seed) for seed in range(count)]
    protected = [
        protected_cheaply(original, f"{PASSWORD} {number}")
        for number, original in enumerate(originals)
    ]
    start = threading.Barrier(count)
    with serving() as client:

        def recover(number: int) -> bytes:
            files = {"picture": ("a.png", protected[number])}
            fields = {"password": f"{PASSWORD} {number}"} | WEAK
            with httpx.Client(base_url=client.base_url, timeout=120) as caller:
                start.wait()
                answer = caller.post("/api/recover", files=files, data=fields)
            assert answer.status_code == 200, answer.text
            return answer.content

        with ThreadPoolExecutor(count) as callers:
            answers = list(callers.map(recover, range(count)))
    for original, answer in zip(originals, answers, strict=True):
        np.testing.assert_array_equal(pixels_of(answer), original)


def test_trained_profiles_do_not_mix_faces_of_concurrent_requests() -> None:
    pictures = [random_pixels(seed, 48) for seed in range(6)]
    fields = {"faces": "whole"}
    with serving() as client, ThreadPoolExecutor(6) as callers:

        def there_and_back(number: int) -> bytes:
            secret = {"password": f"{PASSWORD} {number}"}
            protected = post(client, "protect", png(pictures[number]), **fields, **secret)
            return post(client, "recover", protected.content, **secret).content

        answers = list(callers.map(there_and_back, range(6)))
    for number, answer in enumerate(answers):
        distances = [np.abs(pixels_of(answer).astype(int) - each).mean() for each in pictures]
        assert int(np.argmin(distances)) == number
        assert distances[number] < 5
