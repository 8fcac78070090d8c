"""Animations - GIF, PNG, WebP, AVIF - read as clips, frame by frame, by Pillow.

FFmpeg reads not all of them, and none as browsers show them; Pillow puts each frame together from
what it shares with those before it.
"""

from collections.abc import Iterator
from contextlib import ExitStack
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
from av.stream import Stream
from PIL import Image

from ..arrays import Picture
from ..errors import PictureError, VideoError
from ..files import animation, colour, opening
from .interrupts import held_back
from .reader import Frame, Reader
from .sound import ConvertedTrack
from .streams import AnyPacket, Clip

_BASE = Fraction(1, 1000)
_UNKNOWN = 2  # FFmpeg's number of what is not known of colours
_BROWSERS = Fraction(1, 10)
"""Seconds that browsers show a frame of no length."""


class AnimationReader:
    """An animation that is being read, with the face of `Reader`; iterate over it once."""

    def __init__(
        self, path: Path, start: Fraction | None = None, end: Fraction | None = None
    ) -> None:
        """Open an animation; arguments as for `Reader`.

        Raises:
            VideoError: it cannot be read, or has too many pixels.
        """
        self._path, self._start, self._end = path, start or Fraction(0), end
        self._stack = ExitStack()
        self.notes = [
            "an animation became a video: it plays once, and its last frame's time is not kept"
        ]
        """Sentences for the user; complete when the clip is read."""
        try:
            self._let_through = self._stack.enter_context(held_back())
            self._image = self._stack.enter_context(animation.open_image(path))
            opening.check_size(*self._image.size)
            # A PNG may have a picture in front, for programs that know no animations.
            self._first = int(getattr(self._image, "default_image", False))
            self._count = int(getattr(self._image, "n_frames", 1))
        except PictureError as error:
            self._stack.close()
            raise VideoError(f"{path} {error}") from error
        except Exception as error:  # damaged files make decoders raise nearly anything
            self._stack.close()
            raise self._damaged(error) from error
        except BaseException:
            self._stack.close()
            raise
        width, height = self._image.size
        frames = self._count - self._first if start is None and end is None else None
        self.clip = Clip(
            width, height, _BASE, None, None, _UNKNOWN, _UNKNOWN, Fraction(0), self._start, frames
        )
        """What is known of the animation."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.close()

    def carried(self, with_sound: bool = True) -> list[Stream | ConvertedTrack]:
        """What travels with the frames, as for `Reader.carried`: nothing."""
        return []

    def __iter__(self) -> Iterator[Frame | AnyPacket]:
        """Frames in order, each with the time at which it begins to be shown.

        Raises:
            VideoError: a frame cannot be decoded, or none lies in the part asked for.
        """
        at, count = Fraction(0), 0
        for index in range(self._first, self._count):
            self._let_through()
            try:
                self._image.seek(index)
                self._image.load()
                pixels = self._pixels(self._image)
            except Exception as error:  # damaged files make decoders raise nearly anything
                raise self._damaged(error) from error
            if self._end is not None and at >= self._end:
                break
            if at >= self._start:
                yield Frame(count, round(at / _BASE), at - self._start, pixels)
                count += 1
            at += self._length(self._image)
        if not count:
            raise VideoError(f"{self._path}: there is no frame in the part that was asked for")

    def _pixels(self, image: Image.Image) -> Picture:
        """RGB as a browser shows it on a white page: uint8, H x W x 3."""
        notes: list[str] = []
        pixels, alpha, _ = colour.planes(image, None, colour.find_samples(image, None), notes)
        if alpha is not None and alpha.min() < 255:
            notes.append("transparent parts of the animation were filled with white")
            opacity = alpha[:, :, None].astype(np.uint32)
            mixed = pixels * opacity + 255 * (255 - opacity)
            pixels = ((mixed + 127) // 255).astype(np.uint8)
        for note in notes:
            self._note_once(note)
        return pixels

    def _length(self, image: Image.Image) -> Fraction:
        """Seconds that a frame is shown."""
        milliseconds = Fraction(image.info.get("duration", 0)).limit_denominator(10**6)
        if milliseconds > 0:
            return milliseconds / 1000
        self._note_once("frames of no length were given a tenth of a second, as browsers do")
        return _BROWSERS

    def _note_once(self, note: str) -> None:
        if note not in self.notes:
            self.notes.append(note)

    def _damaged(self, error: Exception) -> VideoError:
        return VideoError(f"cannot read the animation {self._path}: {error}")


def open_clip(
    path: Path,
    start: Fraction | None = None,
    end: Fraction | None = None,
    tone_map: bool = False,
) -> Reader | AnimationReader:
    """A reader for a clip of any kind; arguments as for `Reader`. Animations have no tones to map.

    Raises:
        VideoError: it cannot be read.
    """
    if animation.is_animation(path):
        return AnimationReader(path, start, end)
    return Reader(path, start, end, tone_map)
