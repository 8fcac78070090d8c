"""Files appear as a whole or not at all, and those that belong together do so together."""

import resource
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import pytest

import proface
from proface import Key, OutputError
from proface.files.atomic import replace_all
from tests.commandline import contents

KEY = Key.from_bytes(bytes(32))


@contextmanager
def largest_file(size: int) -> Iterator[None]:
    """Writing more than so many bytes to a file fails, as it does on a full disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize("large", ["first", "second"])
def test_where_one_file_cannot_be_written_none_is_replaced(tmp_path, large):
    replace_all({tmp_path / name: b"old" for name in ("first", "second")})
    before = contents(tmp_path)
    new = {tmp_path / name: b"new" for name in before}
    with largest_file(1000), pytest.raises(OSError, match="too large"):
        replace_all(new | {tmp_path / large: bytes(1001)})
    assert contents(tmp_path) == before
    replace_all(new)
    assert set(contents(tmp_path).values()) == {b"new"}


def test_a_picture_that_cannot_be_replaced_keeps_its_detached_manifest(tmp_path):
    picture = np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)
    first, second = (
        proface.protect(picture, KEY, profile="sealed", faces="whole") for _ in range(2)
    )
    path = tmp_path / "p.png"
    first.save(path, "detached")
    before = contents(tmp_path)
    manifest = len(before["p.png.proface.json"])
    assert manifest + 100 < len(before["p.png"])
    with largest_file(manifest + 100), pytest.raises(OutputError, match="cannot write"):
        second.save(path, "detached", overwrite=True)
    assert contents(tmp_path) == before
    proface.recover(path, KEY)
    second.save(path, "detached", overwrite=True)
    assert not set(contents(tmp_path).values()) & set(before.values())
    proface.recover(path, KEY)
