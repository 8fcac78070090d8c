"""Files that appear as a whole or not at all."""

import os
import secrets
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import BinaryIO


@contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """A file to write, beside its place first; renamed into it when all went well.

    After an error, or Ctrl-C, nothing is left of it and what stood in its place is as it was.

    Args:
        path: where the file shall stand; what is there is replaced.

    Raises:
        OSError: it cannot be written.
    """
    beside = path.with_name(f".proface-{secrets.token_hex(8)}.part")
    try:
        with beside.open("xb") as file:
            yield file
            settle(file)
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def settle(file: BinaryIO) -> None:
    """Bring what was written to the disk, so that nothing can go wrong with it later.

    Raises:
        OSError: the disk is full, say.
    """
    file.flush()
    os.fsync(file.fileno())


def replace_all(files: Mapping[Path, bytes]) -> None:
    """Write files that belong together: all beside their places first, then renamed in turn.

    So whatever goes wrong with writing, a full disk say, happens before any of them is replaced.

    Args:
        files: content by path. The first is renamed first, and where that fails no other is.

    Raises:
        OSError: one cannot be written.
    """
    with ExitStack() as stack:
        for path, data in reversed(list(files.items())):  # what is begun last is renamed first
            file = stack.enter_context(replacing(path))
            file.write(data)
            settle(file)
