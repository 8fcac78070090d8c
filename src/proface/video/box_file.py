"""Boxes for every frame, in a JSON file: written line by line, read entry by entry.

    {"frames": [
    {"frame": 0, "time": 0.0, "faces": [{"x": 10, "y": 20, "width": 30, "height": 40}]},
    ...
    ]}

A list of boxes, or ``{"faces": [...]}`` as for a picture, stands for every frame.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from ..errors import BoxError
from ..faces.boxes import MAX_FACES, Box, box_from

MAX_CHARACTERS = 64 * 1024 * 1024
"""Of the longest file that is read."""

_BLANK = " \t\r\n"


class BoxesFile:
    """Writes the boxes of a clip."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._between = '{"frames": [\n'

    def add(self, frame: int, seconds: float, boxes: list[Box]) -> None:
        """Append the boxes of a frame; of the next one, by number."""
        faces = [
            {"x": box.x, "y": box.y, "width": box.width, "height": box.height} for box in boxes
        ]
        entry = {"frame": frame, "time": round(seconds, 6), "faces": faces}
        self._file.write((self._between + json.dumps(entry)).encode())
        self._between = ",\n"

    def close(self) -> None:
        """Write what stands after the last frame."""
        self._file.write(b"\n]}\n" if self._between == ",\n" else b'{"frames": []}\n')


class GivenBoxes:
    """The boxes of a file, asked for frame by frame.

    The file's text is kept, up to `MAX_CHARACTERS`; entries are read as their frames come.
    """

    def __init__(self, path: Path) -> None:
        """Read a file, and see that all of it can be used.

        Raises:
            BoxError: the file cannot be read, or holds anything else.
        """
        self._path = path
        self._text = _read(path)
        self._always: list[Box] | None = None
        if not self._begins_with_frames():
            self._always = self._boxes(self._whole(), "the boxes")
            return
        for _ in self._entries():
            pass
        self._rest = self._entries()
        self._next = next(self._rest, None)

    def at(self, frame: int) -> list[Box]:
        """The boxes of a frame; frames must be asked for in order."""
        if self._always is not None:
            return self._always
        while self._next is not None and self._next[0] < frame:
            self._next = next(self._rest, None)
        return self._next[1] if self._next is not None and self._next[0] == frame else []

    def _begins_with_frames(self) -> bool:
        start = "".join(self._text[:64].split())
        return start.startswith('{"frames":[')

    def _whole(self) -> object:
        try:
            content = json.loads(self._text)
        except (ValueError, RecursionError) as error:
            raise BoxError(f"{self._path} is not JSON: {error}") from error
        if isinstance(content, dict) and "faces" in content:
            return content["faces"]
        if isinstance(content, list):
            return content
        raise BoxError(
            f"{self._path} must hold a list of boxes, an object with one at 'faces', or one that "
            "begins with a list at 'frames'"
        )

    def _entries(self) -> Iterator[tuple[int, list[Box]]]:
        """Each frame's number and boxes."""
        decoder, text = json.JSONDecoder(), self._text
        at, last = text.index("[") + 1, -1
        while True:
            at = self._skip(at, _BLANK)
            if text[at : at + 1] == "]":
                return
            try:
                entry, at = decoder.raw_decode(text, at)
            except (ValueError, RecursionError) as error:
                raise BoxError(f"{self._path} is not JSON: {error}") from error
            if not isinstance(entry, dict) or type(entry.get("frame")) is not int:
                raise BoxError(f"{self._path}: an entry of 'frames' has no integer 'frame'")
            number = entry["frame"]
            if number <= last:
                raise BoxError(f"{self._path}: frame {str(number)[:20]} stands after frame {last}")
            last = number
            yield number, self._boxes(entry.get("faces"), f"frame {str(number)[:20]}")
            at = self._skip(at, _BLANK)
            if text[at : at + 1] not in (",", "]"):
                raise BoxError(f"{self._path} is not JSON: a comma is missing after frame {last}")
            at += text[at : at + 1] == ","

    def _skip(self, at: int, characters: str) -> int:
        while self._text[at : at + 1] and self._text[at] in characters:
            at += 1
        return at

    def _boxes(self, entries: object, where: str) -> list[Box]:
        if not isinstance(entries, list) or len(entries) > MAX_FACES:
            raise BoxError(f"{self._path}, {where}: expected a list of at most {MAX_FACES} boxes")
        return [
            box_from(entry, f"{self._path}, {where}, box {index}")
            for index, entry in enumerate(entries)
        ]


def _read(path: Path) -> str:
    try:
        with path.open(encoding="utf-8-sig") as file:
            text = file.read(MAX_CHARACTERS + 1)
    except (OSError, ValueError) as error:
        raise BoxError(f"cannot read the boxes in {path}: {error}") from error
    if len(text) > MAX_CHARACTERS:
        raise BoxError(f"{path} has more than {MAX_CHARACTERS} characters; boxes take less")
    return text
