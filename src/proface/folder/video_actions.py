"""Protecting and recovering the videos of a folder.

PyAV is looked for when a video comes: where it is missing, pictures are done all the same.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from ..errors import VideoError
from ..files.kinds import FileKind
from ..keys import Access, Identity, Key, Keyring
from ..picture.options import ProtectOptions
from .tasks import Outcome, Task

if TYPE_CHECKING:
    from ..video import ClipOptions

VideoCodec = Literal["ffv1", "x264"]


@dataclass(frozen=True)
class ClipChoices:
    """How the videos of a folder are protected, beyond how each face is."""

    codec: VideoCodec = "ffv1"
    """See `proface.video.ClipOptions`."""
    key_frames: int = 1
    """See `proface.video.ClipOptions`."""
    detect_every: int = 1
    """See `proface.video.ClipOptions`."""
    no_audio: bool = False
    """See `proface.video.ClipOptions`."""

    def options(self, manifest: Literal["embed", "detached"] = "embed") -> "ClipOptions":
        """The options of one video.

        Raises:
            OptionError: a value is out of bounds.
            VideoError: PyAV is not installed.
        """
        from ..video import ClipOptions

        return ClipOptions(
            self.codec,
            self.key_frames,
            self.detect_every,
            manifest=manifest,
            no_audio=self.no_audio,
        )


def check(patterns: Mapping[FileKind, str], choices: ClipChoices) -> None:
    """Refuse at once what would be refused for every video.

    Args:
        patterns: with one for videos, if there are any.
        choices: how they are protected.

    Raises:
        OutputError: the pattern's suffix is of no container without loss.
        OptionError: a choice is out of bounds.
    """
    if "video" not in patterns:
        return
    try:
        from ..video.writer import check_name
    except VideoError:
        return  # which will be told of each video
    check_name(Path(patterns["video"].format(stem="clip", name="clip.mp4")))
    choices.options()


def protect(
    task: Task,
    access: Access,
    options: ProtectOptions,
    faces: Literal["auto", "whole"],
    clip: "ClipOptions",
) -> Outcome:
    """Protect a video; `Outcome.clip` counts as ``proface protect --json`` does.

    Raises:
        ProfaceError: as for `proface.video.protect`.
    """
    from .. import video

    done = video.protect(task.source / task.name, task.target, access, options, clip, faces=faces)
    counts = {
        "frames": done.frames,
        "frames_with_faces": done.with_faces,
        "faces": done.faces,
        "faces_obfuscated_only": done.plain,
    }
    return Outcome(
        task.name, "done", clip=counts, profile=done.manifest.picture.profile, notes=done.notes
    )


def recover(task: Task, secret: Key | Keyring | Identity, **choices: Any) -> Outcome:  # noqa: ANN401
    """Recover a video; `Outcome.clip` counts as ``proface recover --json`` does.

    Args:
        task: the video, and where the result goes.
        secret: what opens it.
        choices: as for `proface.video.recover`.

    Raises:
        ProfaceError: as for `proface.video.recover`.
    """
    from .. import video

    done = video.recover(task.source / task.name, task.target, secret, **choices)
    counts = {"frames": done.frames, "frames_left_out": done.left_out, "faces": done.faces}
    return Outcome(
        task.name,
        "done",
        clip=counts,
        profile=done.manifest.picture.profile,
        notes=done.notes,
        wrong_key=done.key_matched is False,
    )


def has_manifest(path: Path) -> bool:
    """Whether a video was protected.

    Raises:
        VideoError: it cannot be read, or PyAV is not installed.
    """
    from ..video.matching import has_manifest

    return has_manifest(path)


def copy(task: Task, clips: ClipChoices, reason: str, private: bool = False) -> Outcome:
    """Write a video as a protected one would be, with nothing protected in it.

    Raises:
        ProfaceError: it cannot be read or written.
    """
    from ..video.plain_copy import copy as copy_clip

    frames, notes = copy_clip(
        task.source / task.name,
        task.target,
        clips.codec,
        private=private,
        no_audio=clips.no_audio,
    )
    note = f"{reason}; it was copied as it is, without its metadata"
    return Outcome(task.name, "copied", clip={"frames": frames}, notes=(*notes, note))
