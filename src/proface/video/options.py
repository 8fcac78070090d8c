"""How a clip is protected, beyond how each face is."""

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Literal

from ..errors import OptionError
from ..files.manifest import Carrier
from .manifest import MAX_KEY_FRAMES
from .tracking import LOOK_BACK
from .writer import CODECS, VideoCodec

FrameProgress = Callable[[int, int | None], object]
"""Called with the number of frames done, and of all, where the file tells."""

LONGEST = 10**7
"""Seconds; more than any clip."""


@dataclass(frozen=True)
class ClipOptions:
    """What is more to say of a clip than `ProtectOptions` does.

    Raises:
        OptionError: a value is out of bounds.
    """

    codec: VideoCodec = "ffv1"
    """``ffv1``, or ``x264``: smaller where little moves, and not yet read everywhere."""
    key_frames: int = 1
    """Faces come back in every so manieth frame; between they are obfuscated and nothing more."""
    detect_every: int = 1
    """Faces are detected in every so manieth frame, and followed between."""
    start: Fraction | None = None
    """Seconds after the first frame at which the protected clip begins; None for all."""
    end: Fraction | None = None
    """Seconds after the first frame at which it ends; None for all."""
    tone_map: bool = False
    """Whether high dynamic range (PQ, HLG) is brought down to BT.709; a choice for good."""
    manifest: Literal["embed", "detached"] = "embed"
    """Where header and entries go: into the file, or beside it."""
    boxes_out: Path | None = None
    """File for the regions of every frame, as `box_file` describes it."""
    overwrite: bool = False
    """Whether files that exist may be replaced."""
    no_audio: bool = False
    """Whether sound is left out: voices tell who speaks as faces do."""

    def __post_init__(self) -> None:
        if self.codec not in CODECS:
            raise OptionError(f"the codec is '{self.codec}', but must be {' or '.join(CODECS)}")
        if not 1 <= self.key_frames <= MAX_KEY_FRAMES:
            raise OptionError(
                f"key frames are every 1st, 2nd, ... one up to the {MAX_KEY_FRAMES}th, not "
                f"{self.key_frames}"
            )
        if not 1 <= self.detect_every <= LOOK_BACK:
            raise OptionError(
                f"faces can be detected in every 1st to {LOOK_BACK}th frame, not every "
                f"{self.detect_every}"
            )
        start = self.start or Fraction(0)
        end = Fraction(LONGEST) if self.end is None else self.end
        if not 0 <= start < end <= LONGEST:
            raise OptionError(
                f"the part from {float(start):g} to {float(end):g} s has no frames: the start "
                "must be 0 or more, and before the end"
            )


def check_carrier(carrier: Carrier) -> None:
    """Refuse a carrier that a clip cannot have.

    Raises:
        OptionError: the carrier is the file.
    """
    if carrier != "pixels":
        raise OptionError(
            "a video carries its faces in their pixels; the carrier 'file' is for pictures"
        )
