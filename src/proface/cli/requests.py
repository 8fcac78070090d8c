"""What a command line asks for, as values that the actions on pictures, clips and folders take."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from ..files.kinds import is_video
from . import pipes
from .console import UsageError
from .folder_options import FolderChoices
from .options import check_photo
from .password import obtain
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
    password_file: Path | None
    password_stdin: bool
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
        return [path for path in (self.source, self.password_file, *more) if path is not None]

    def password(self, confirm: bool = False) -> str:
        """The password, see `obtain`.

        Raises:
            UsageError: it would come from standard input, and so does the picture.
        """
        piped = pipes.is_standard_input(self.source)
        if piped and self.password_stdin:
            raise UsageError(
                "standard input holds the picture; use --password-file or the variable "
                "PROFACE_PASSWORD"
            )
        return obtain(self.password_file, self.password_stdin, confirm, piped)


@dataclass(frozen=True)
class ProtectRequest:
    """What ``proface protect`` was asked for."""

    job: Job
    options: "ProtectOptions"
    faces: Literal["auto", "whole"]
    boxes: Path | None
    manifest: Literal["embed", "detached"]


@dataclass(frozen=True)
class RecoverRequest:
    """What ``proface recover`` was asked for."""

    job: Job
    manifest: Path | None
    accept_damage: bool
    wrong_recovery: "WrongRecovery | None"
    providers: tuple[str, ...] | None
