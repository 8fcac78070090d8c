"""Files that appear as a whole or not at all."""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
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
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)
