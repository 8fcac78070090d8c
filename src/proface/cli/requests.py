"""What a command line asks for, as values that the actions on pictures, clips and folders take."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from ..files.kinds import is_video
from . import pipes
from .access_options import AccessOptions
from .folder_options import FolderChoices
from .options import check_photo
from .secret_options import SecretOptions
from .video_options import VideoChoices

if TYPE_CHECKING:
    # Only here: these bring numpy and OpenCV, for which `proface --version` need not wait.
    from ..picture.options import ProtectOptions
    from ..profile.base import WrongRecovery


@dataclass(frozen=True)
class Job:
    """What protecting and recovering have in common."""

    source: Path
    out: Path
    overwrite: bool
    as_json: bool
    video: VideoChoices
    folder: FolderChoices

    def kind(self, moves: Callable[["Job"], bool]) -> Literal["picture", "folder", "video"]:
        """Which action the input is for.

        Args:
            moves: whether a file that can be read is treated as a video.

        Raises:
            PictureError: there is no such file, or a pipe holds what must be read twice.
            UsageError: options or a ``-`` do not go with this kind of input.
        """
        if self.source == pipes.STANDARD:
            self.folder.refuse()
            if is_video(self.out):
                pipes.refuse(self.source)
            return "picture"
        if self.source.is_dir():
            pipes.refuse(self.source, self.out)
            return "folder"
        self.folder.refuse()
        check_photo(self.source)
        if moves(self):
            pipes.refuse(self.source, self.out)
            return "video"
        return "picture"

    def inputs(self, *more: Path | None) -> list[Path]:
        """Files that are read, and that no result may replace."""
        return [path for path in (self.source, *more) if path is not None]


@dataclass(frozen=True)
class ProtectRequest:
    """What ``proface protect`` was asked for."""

    job: Job
    access: AccessOptions
    options: "ProtectOptions"
    faces: Literal["auto", "whole"]
    boxes: Path | None
    manifest: Literal["embed", "detached"]


@dataclass(frozen=True)
class RecoverRequest:
    """What ``proface recover`` was asked for."""

    job: Job
    secret: SecretOptions
    manifest: Path | None
    accept_damage: bool
    wrong_recovery: "WrongRecovery | None"
    providers: tuple[str, ...] | None
    silent: bool
    """Whether it is not said that the secret was wrong, where the result shows something."""


@dataclass(frozen=True)
class RekeyRequest:
    """What ``proface rekey`` was asked for."""

    source: Path
    out: Path
    manifest: Path | None
    allow_weak: bool
    overwrite: bool


@dataclass(frozen=True)
class VerifyRequest:
    """What ``proface verify`` was asked for."""

    source: Path
    digest: str
    """SHA-256 of the file, hexadecimal."""
    manifest: Path | None
    signer: Path | None
    allow_weak: bool
    providers: tuple[str, ...] | None
    as_json: bool
