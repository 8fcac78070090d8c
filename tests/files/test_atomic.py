"""Files appear as a whole or not at all, take nobody's place, and belong together."""

import errno
import os
import resource
import signal
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

import proface
from proface import Key, OutputError
from proface.files import atomic
from proface.files.atomic import NewFiles, put_in_place, rename_new
from tests.commandline import contents

KEY = Key.from_bytes(bytes(32))
WAYS = {
    "rename": [],
    "link": ["_rename_natively"],
    "reserve": ["_rename_natively", "_link"],
}
"""What a file system may lack; no real one without links can be made here."""


@contextmanager
def largest_file(size: int) -> Iterator[None]:
    """Writing more than so many bytes to a file fails, as it does on a full disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.fixture(params=WAYS.values(), ids=WAYS)
def way(request, monkeypatch):
    """Each way to put a new file in place, those before it refused as file systems do."""

    def refuse(file, path):
        raise OSError(errno.EPERM, os.strerror(errno.EPERM), str(path))

    for name in request.param:
        monkeypatch.setattr(atomic, name, refuse)


def write_all(
    files: dict[Path, bytes], overwrite: bool = False, meanwhile: Callable[[], object] = bool
) -> None:
    with NewFiles(overwrite) as new:
        for path, data in files.items():
            new.begin(path).write(data)
        meanwhile()


@pytest.mark.parametrize("large", ["first", "second"])
def test_where_one_file_cannot_be_written_none_is_replaced(tmp_path, large):
    write_all({tmp_path / name: b"old" for name in ("first", "second")})
    before = contents(tmp_path)
    new = {tmp_path / name: b"new" for name in before}
    with largest_file(1000), pytest.raises(OSError, match="too large"):
        write_all(new | {tmp_path / large: bytes(1001)}, overwrite=True)
    assert contents(tmp_path) == before
    write_all(new, overwrite=True)
    assert set(contents(tmp_path).values()) == {b"new"}


@pytest.mark.usefixtures("way")
@pytest.mark.parametrize("kind", ["file", "folder", "broken link", "link", "pipe"])
def test_what_appears_meanwhile_is_never_replaced(tmp_path, kind):
    place, other = tmp_path / "out", tmp_path / "other"
    other.write_bytes(b"mine")
    make = {
        "file": lambda: place.write_bytes(b"mine"),
        "folder": place.mkdir,
        "broken link": lambda: place.symlink_to("nowhere"),
        "link": lambda: place.symlink_to(other),
        "pipe": lambda: os.mkfifo(place),
    }
    with pytest.raises(FileExistsError, match="appeared there meanwhile"):
        write_all({place: b"ours"}, meanwhile=make[kind])
    kinds = {"file": stat.S_IFREG, "folder": stat.S_IFDIR, "pipe": stat.S_IFIFO}
    assert stat.S_IFMT(os.lstat(place).st_mode) == kinds.get(kind, stat.S_IFLNK)
    assert kind != "file" or place.read_bytes() == b"mine"
    assert other.read_bytes() == b"mine"
    assert sorted(os.listdir(tmp_path)) == ["other", "out"]


@pytest.mark.usefixtures("way")
def test_a_new_file_is_whole_and_alone(tmp_path):
    write_all({tmp_path / "out": b"ours", tmp_path / "more": b"too"})
    assert contents(tmp_path) == {"out": b"ours", "more": b"too"}
    assert all(path.stat().st_nlink == 1 for path in tmp_path.iterdir())


@pytest.mark.usefixtures("way")
@pytest.mark.parametrize("taken", ["first", "second", "third"])
@pytest.mark.parametrize("overwrite", [False, True])
def test_files_of_one_result_appear_together_or_not_at_all(tmp_path, taken, overwrite):
    """A folder stands in the way of one: that is never replaced, even where files may be."""
    places = [tmp_path / name for name in ("first", "second", "third")]
    if overwrite:
        for place in places:
            place.write_bytes(b"old " + place.name.encode())
        (tmp_path / taken).unlink()
    before = contents(tmp_path)
    with pytest.raises(OSError, match=r"appeared|directory"):
        write_all(dict.fromkeys(places, b"new"), overwrite, (tmp_path / taken).mkdir)
    assert contents(tmp_path) == before
    assert (tmp_path / taken).is_dir()
    assert not list(tmp_path.glob(".*"))


def test_an_empty_file_that_holds_a_place_goes_again(tmp_path, monkeypatch):
    """Where a name is taken with an empty file first, and the file cannot follow."""
    for name in WAYS["reserve"]:
        monkeypatch.setattr(atomic, name, lambda *_: os.unlink(tmp_path / "nothing"))
    with pytest.raises(FileNotFoundError):
        rename_new(tmp_path / "gone", tmp_path / "out")
    assert os.listdir(tmp_path) == []


def test_only_places_that_are_named_are_replaced(tmp_path):
    ours, others = tmp_path / "ours", tmp_path / "others"
    ours.write_bytes(b"old")
    others.write_bytes(b"mine")
    staged = [tmp_path / "a", tmp_path / "b"]
    for path in staged:
        path.write_bytes(b"new")
    with pytest.raises(FileExistsError):
        put_in_place(dict(zip(staged, (ours, others), strict=True)), {ours})
    assert (ours.read_bytes(), others.read_bytes()) == (b"old", b"mine")
    others.unlink()
    staged[0].write_bytes(b"new")
    put_in_place(dict(zip(staged, (ours, others), strict=True)), {ours})
    assert contents(tmp_path) == {"ours": b"new", "others": b"new"}


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077])
def test_private_files_are_for_their_owner_alone(tmp_path, umask):
    before = os.umask(umask)
    try:
        (tmp_path / "wide").write_bytes(b"old")
        (tmp_path / "wide").chmod(0o666)
        for private in (False, True):
            with NewFiles(overwrite=True, private=private) as new:
                new.begin(tmp_path / "wide").write(b"new")
                part = next(tmp_path.glob(".proface-*"))
                during = stat.S_IMODE(part.stat().st_mode)
            mode = stat.S_IMODE((tmp_path / "wide").stat().st_mode)
            assert mode == during == (0o600 if private else 0o666 & ~umask)
    finally:
        os.umask(before)


@pytest.mark.parametrize("error", [KeyboardInterrupt, MemoryError, OSError])
def test_an_error_leaves_nothing(tmp_path, error):
    def fail() -> None:
        raise error

    (tmp_path / "out").write_bytes(b"old")
    with pytest.raises(error):
        write_all({tmp_path / "out": b"half"}, overwrite=True, meanwhile=fail)
    assert contents(tmp_path) == {"out": b"old"}


def test_a_kill_between_two_files_leaves_the_manifest_alone(tmp_path):
    """Without its manifest a picture would look done, and give no face back."""
    program = (
        "import os, signal, sys\n"
        "from proface.files import atomic\n"
        "from proface.picture.results import Protected\n"
        "import numpy, proface\n"
        "done = proface.protect(numpy.zeros((64, 64, 3), numpy.uint8), "
        "proface.Key.from_bytes(bytes(32)), profile='sealed', faces='whole')\n"
        "rename, count = atomic.rename_new, []\n"
        "def renaming(*paths):\n"
        "    if count: os.kill(os.getpid(), signal.SIGKILL)\n"
        "    count.append(rename(*paths))\n"
        "atomic.rename_new = renaming\n"
        "done.save(sys.argv[1], 'detached')\n"
    )
    command = [sys.executable, "-c", program, tmp_path / "p.png"]
    assert subprocess.run(command, check=False).returncode == -signal.SIGKILL
    assert [name for name in os.listdir(tmp_path) if name[0] != "."] == ["p.png.proface.json"]


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
