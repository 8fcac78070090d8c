"""The options that only videos have."""

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .console import UsageError
from .options import CodecChoice

if TYPE_CHECKING:
    from ..folder import ClipChoices
    from ..video import ClipOptions

KeyFrames = Annotated[
    int | None,
    typer.Option(
        help="Videos: let faces come back in every N-th frame only, and obfuscate them for good "
        "between; faster.",
        metavar="N",
        min=1,
        show_default="1",
    ),
]
DetectEvery = Annotated[
    int | None,
    typer.Option(
        help="Videos: look for faces in every N-th frame only, and follow them between; faster, "
        "and a face that shows for less than N frames slips through.",
        metavar="N",
        min=1,
        show_default="1",
    ),
]
Start = Annotated[
    str | None,
    typer.Option(
        help="Videos: where the protected video begins, in seconds or as H:MM:SS.", metavar="TIME"
    ),
]
End = Annotated[
    str | None,
    typer.Option(
        help="Videos: where it ends, in seconds or as H:MM:SS of the original.", metavar="TIME"
    ),
]
BoxesOut = Annotated[
    Path | None,
    typer.Option(
        help="Videos: write what was protected in each frame, for --boxes.", metavar="FILE.json"
    ),
]
CodecOption = Annotated[
    CodecChoice | None,
    typer.Option(
        help="Videos: ffv1, or x264 for smaller files; both keep every pixel.", show_default="ffv1"
    ),
]
NoAudio = Annotated[
    bool | None,
    typer.Option("--no-audio", help="Videos: leave out all sound.", show_default=False),
]
ToneMap = Annotated[
    bool | None,
    typer.Option(
        "--tone-map",
        help="Videos: bring high dynamic range (PQ, HLG) down to what every screen shows; what is "
        "recovered stays so.",
        show_default=False,
    ),
]


@dataclass(frozen=True)
class VideoChoices:
    """The options that only videos have."""

    key_frames: int | None = None
    detect_every: int | None = None
    start: str | None = None
    end: str | None = None
    boxes_out: Path | None = None
    codec: CodecChoice | None = None
    no_audio: bool | None = None
    tone_map: bool | None = None

    def refuse(self) -> None:
        """Refuse all of them, for an input that is no video.

        Raises:
            UsageError: one was given.
        """
        for name, value in vars(self).items():
            if value is not None:
                raise UsageError(f"--{name.replace('_', '-')} is for videos only")

    def of_folder(self) -> "ClipChoices":
        """Those that serve all videos of a folder.

        Raises:
            UsageError: one was given that is for one video.
        """
        from ..folder import ClipChoices

        for name in ("start", "end", "boxes_out", "tone_map"):
            if getattr(self, name) is not None:
                raise UsageError(f"--{name.replace('_', '-')} is for one video, not for a folder")
        return ClipChoices(
            self.codec or "ffv1",
            self.key_frames or 1,
            self.detect_every or 1,
            self.no_audio or False,
        )

    def options(self, detached: bool, overwrite: bool) -> "ClipOptions":
        """As the library takes them.

        Raises:
            UsageError: a time is none.
            OptionError: a value is out of bounds.
        """
        from ..video import ClipOptions

        return ClipOptions(
            codec=self.codec or "ffv1",
            key_frames=self.key_frames or 1,
            detect_every=self.detect_every or 1,
            start=_seconds(self.start, "--start"),
            end=_seconds(self.end, "--end"),
            manifest="detached" if detached else "embed",
            boxes_out=self.boxes_out,
            tone_map=bool(self.tone_map),
            overwrite=overwrite,
            no_audio=self.no_audio or False,
        )


def _seconds(text: str | None, option: str) -> Fraction | None:
    """A time: seconds, or hours, minutes and seconds between colons.

    Raises:
        UsageError: it is none.
    """
    if text is None:
        return None
    parts = text.split(":")
    try:
        if len(parts) > 3 or not all(part and set(part) <= set("0123456789.") for part in parts):
            raise ValueError
        values = [Fraction(part) for part in parts]
    except ValueError as error:
        raise UsageError(
            f"{option} is '{text}', but must be seconds, or a time like 1:02:03.5"
        ) from error
    return sum((value * 60**place for place, value in enumerate(reversed(values))), Fraction(0))
