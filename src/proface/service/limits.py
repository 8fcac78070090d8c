"""What one service is willing to do, and how it says that something is beyond it."""

from dataclasses import dataclass

from fastapi import HTTPException

MEBIBYTE = 2**20


@dataclass(frozen=True)
class Limits:
    """What a request, and all of them together, may ask for."""

    upload: int = 32 * MEBIBYTE
    """Most bytes of one request."""
    pixels: int = 40_000_000
    """Most pixels of a picture."""
    faces: int = 200
    """Most faces of a picture."""
    working: int = 2
    """Pictures worked on at the same time, each in a process, and so the most keys derived."""
    waiting: int = 256
    """Most requests with a picture that are open at the same time, at work or not."""
    memory: int = 512 * MEBIBYTE
    """Bytes of uploads and answers held at the same time; further uploads wait."""
    key_memory: int = 256 * MEBIBYTE
    """Most bytes that a protected picture may ask for to derive its keys, all slots together."""
    work_memory: int = 6144 * MEBIBYTE
    """Most bytes of address space that a process takes for a picture. One of 40 megapixels takes up
    to 4,500 MiB, where a single face is as large as the picture."""
    connections: int = 600
    """Most connections at the same time; fewer where the system allows few open files."""
    seconds: float = 120.0
    """Longest time for each of: sending a picture, waiting for a turn, working on it."""

    @property
    def decoding(self) -> float:
        """Most seconds on the processors to decode a picture: the slowest formats need half that.

        JPEG 2000 is the slowest, at 4 megapixels a second.
        """
        return min(self.seconds, 10 + self.pixels / 2e6)


class Refusal(HTTPException):
    """A request that is answered with an error, for a reason that its sender can act on."""

    def __init__(
        self, status: int, code: str, message: str, headers: dict[str, str] | None = None
    ) -> None:
        super().__init__(status, message, headers)
        self.code = code
        """A word for programs, such as ``too-large``."""


def busy() -> Refusal:
    """What is said when there is too much to do already."""
    return Refusal(
        429,
        "busy",
        "too many pictures are being worked on; try again in a moment",
        {"Retry-After": "5"},
    )


def mebibytes(count: int) -> str:
    """A number of bytes for people: ``32 MiB``."""
    return f"{count / MEBIBYTE:.3g} MiB"
