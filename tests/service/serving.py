"""Starts the real service on a free port, and makes small pictures for it."""

import io
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import numpy as np
from PIL import Image

import proface
from proface.keys import Derivation, Key
from proface.service.app import create_app
from proface.service.limits import Limits
from proface.service.server import address_of, listen, server_for
from proface.showcase.demo import SAMPLE

PASSWORD = "Grüße, 世界"
CHEAP = Derivation("argon2id", time_cost=1, memory_kib=64, lanes=1)
"""For pictures that only a test protects; they open with `WEAK` alone."""
WEAK = {"allow_weak": "true"}
"""The field by which a request takes them."""


@contextmanager
def serving(
    limits: Limits | None = None, token: str | None = None, hosts: tuple[str, ...] = ()
) -> Iterator[httpx.Client]:
    """A service that runs in a thread, and a client that calls it."""
    listener = listen("127.0.0.1", 0, has_token=token is not None)
    limits = limits or Limits()
    server = server_for(create_app(limits, token, hosts), limits)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        while not server.started:
            time.sleep(0.01)
        with httpx.Client(base_url=address_of(listener), timeout=60) as client:
            yield client
    finally:
        server.should_exit = True
        thread.join()
        listener.close()


def random_pixels(seed: int, side: int = 64) -> np.ndarray:
    """Smooth colours that no other seed gives: uint8, side x side x 3."""
    coarse = np.random.default_rng(seed).integers(0, 256, (4, 4, 3), np.uint8)
    return np.asarray(Image.fromarray(coarse).resize((side, side), Image.Resampling.BICUBIC))


def png(pixels: np.ndarray) -> bytes:
    """A PNG file."""
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()


def pixels_of(data: bytes) -> np.ndarray:
    """The pixels of a file: uint8, H x W x 3."""
    with Image.open(io.BytesIO(data)) as image:
        return np.asarray(image.convert("RGB"))


def protected_cheaply(pixels: np.ndarray, password: str) -> bytes:
    """A picture that comes back bit for bit, with a key that costs little: a PNG file."""
    key = Key.derive(password, derivation=CHEAP)
    result = proface.protect(pixels, key, profile="sealed", carrier="file", faces="whole")
    return result.encode("PNG")


def sample() -> bytes:
    """The shipped photograph: a JPEG file, 512 x 512, one face."""
    return SAMPLE.read_bytes()
