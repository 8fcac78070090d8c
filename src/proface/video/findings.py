"""What is wrong with a protected clip: counted by kind, with the first of each in words."""

from collections.abc import Iterator
from fractions import Fraction
from typing import Literal, get_args

from ..errors import AuthenticityError

Kind = Literal[
    "added", "moved", "missing", "beyond", "entry", "plain", "scene", "face", "closed", "end"
]

KINDS: tuple[Kind, ...] = get_args(Kind)

_SAID: dict[Kind, tuple[str, str]] = {
    "added": (
        "the frame {at} has no entry in the manifest: it was added or moved",
        "frames had no entry in the manifest, and stayed as they are",
    ),
    "moved": (
        "the frame {at} was moved in time after the clip was protected",
        "frames were moved in time after the clip was protected",
    ),
    "missing": (
        "a frame of the protected clip is missing {at}",
        "frames of the protected clip are missing",
    ),
    "beyond": (
        "the file ends {at}, before the manifest's entry for the frame: it was cut short",
        "frames at the end were left out, for the file ends before their entries",
    ),
    "entry": (
        "what the manifest says of the frame {at} is not authentic: it was changed, or stands "
        "behind one that was",
        "entries of the manifest are not authentic, or stand behind one that is not",
    ),
    "plain": (
        "the manifest says of the frame {at} that its faces cannot come back, against its header",
        "entries of the manifest say against its header which faces come back",
    ),
    "scene": (
        "the frame {at} was changed after the clip was protected, outside its faces",
        "frames were changed after the clip was protected, outside their faces",
    ),
    "face": (
        "a face of the frame {at} was changed after the clip was protected",
        "faces were changed after the clip was protected",
    ),
    "closed": ("the frame {at}: {why}", "faces did not open, and stayed as they are"),
    "end": ("{why}; the last frame is {at}", "end of the manifest is not what was written"),
}


class Findings:
    """Counts what is wrong."""

    def __init__(self, accepted: bool) -> None:
        """Begin a clip.

        Args:
            accepted: whether to go on; else the first finding is an error.
        """
        self._accepted = accepted
        self._counts = dict.fromkeys(KINDS, 0)
        self._first: dict[Kind, str] = {}

    def add(self, kind: Kind, at: Fraction, why: str = "", count: int = 1) -> None:
        """Take note of what is wrong.

        Args:
            kind: of it.
            at: time of the frame, in seconds.
            why: for kinds that have more to say.
            count: how often.

        Raises:
            AuthenticityError: it is not accepted.
        """
        message = _SAID[kind][0].format(at=f"at {float(at):.3f} s", why=why)
        if not self._accepted:
            raise AuthenticityError(
                f"{message}. Recover from the file that proface wrote; to recover what is left of "
                "this one, accept damage"
            )
        self._counts[kind] += count
        self._first.setdefault(kind, message)

    def count(self, *kinds: Kind) -> int:
        """How often something of these kinds was wrong."""
        return sum(self._counts[kind] for kind in kinds)

    def first(self, kind: Kind) -> str:
        """The first of a kind in words; empty if there is none."""
        return self._first.get(kind, "")

    def notes(self) -> Iterator[str]:
        """A sentence for each kind, with its count."""
        for kind, count in self._counts.items():
            if count:
                yield self._first[kind] if kind == "end" else f"{count} {_SAID[kind][1]}"

    def problems(self) -> Iterator[str]:
        """A sentence for each kind, with its first and its count."""
        for kind, count in self._counts.items():
            if count:
                more = f" ({count} times in all)" if count > 1 else ""
                yield self._first[kind] + more
