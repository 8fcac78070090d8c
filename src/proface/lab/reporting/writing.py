"""Results as files, which appear as a whole or not at all."""

import json
from pathlib import Path
from typing import Any

from ...errors import OutputError
from ...files.atomic import replacing


def write_text(path: Path, text: str) -> None:
    """Write UTF-8 text; its folder is made, and an earlier file is replaced.

    Raises:
        OutputError: the file cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with replacing(path) as file:
            file.write(text.encode())
    except OSError as error:
        raise OutputError(f"{path} cannot be written ({error})") from error


def write_json(path: Path, value: Any) -> None:  # noqa: ANN401 - whatever JSON can say
    """Write JSON, a value on each line, as `write_text` does.

    Raises:
        OutputError: the file cannot be written, or a number in it is not finite.
    """
    try:
        text = json.dumps(value, indent=1, allow_nan=False)
    except ValueError as error:
        raise OutputError(f"{path} cannot be written ({error})") from error
    write_text(path, text + "\n")
