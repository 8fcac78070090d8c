"""Protecting and recovering the files of a folder: pictures here, videos in `video_actions`."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, ClassVar, Literal, get_args

from ..errors import NoFaceError, OptionError, PasswordError
from ..files import images, output
from ..files.kinds import FileKind
from ..files.manifest import Carrier
from ..keys import Access, Identity, Key, Keyring
from ..picture import protection
from ..picture.options import ProtectOptions
from ..picture.results import Protected, Recovered, detached_path
from ..profile.base import WrongRecovery
from . import session, video_actions
from .session import Given, WorkSecret
from .tasks import Outcome, Task
from .video_actions import ClipChoices, VideoCodec

Absent = Literal["skip", "copy", "fail"]
"""What is done with a file that has nothing to protect or to recover: nothing is written, it is
written without its metadata, or it counts as failed."""
_NO_FACE, _NO_MANIFEST = "no face was found", "it carries no manifest"


@dataclass(frozen=True)
class Protect:
    """Protect every picture and video."""

    options: ProtectOptions = field(default_factory=ProtectOptions)
    faces: Literal["auto", "whole"] = "auto"
    """Detect them, or take each picture and frame for one face."""
    manifest: Literal["embed", "detached"] = "embed"
    """Where each manifest goes, see `Protected.save`."""
    no_face: Absent = "skip"
    """What is done with a file in which no face is found. It may show one all the same, so that by
    default it does not get among the protected ones."""
    clips: ClipChoices = field(default_factory=ClipChoices)
    """What is more to say of videos."""

    action: ClassVar[str] = "protect"

    def check(self, patterns: Mapping[FileKind, str]) -> None:
        """Refuse at once what would be refused for every picture, or every video.

        Raises:
            ProfaceError: as for `ProtectOptions.check`, a choice is none, or a pattern's suffix
                does not go with the carrier.
        """
        _check_suffix(patterns, self.options.keeping.carrier)
        video_actions.check(patterns, self.clips)
        self.options.check()
        _check_choice(self.no_face)

    def settings(self) -> dict[str, Any]:
        """All that makes a difference to the results, for JSON."""
        options = {
            name: str(value) if isinstance(value, Path) else value
            for name, value in self.options.items()
            if name != "providers"
        }
        rest = {"faces": self.faces, "manifest": self.manifest, "no_face": self.no_face}
        return options | rest | asdict(self.clips)

    def secret(self, given: Given, salt: bytes | None) -> Access:
        """Who may open the results; of a password its key alone.

        Raises:
            PasswordError: it is of no use for protecting, or none where the profile needs one.
            GrantError: it is a grant.
            RecipientError: the profile takes no recipients.
        """
        access = session.access_for(given, salt)
        if access.recipients:
            access.new_picture(self.options.keeping.make_profile().facts.secret)
        return access

    def targets(self, task: Task) -> list[Path]:
        """The manifest if it goes beside the result, and the result."""
        if self.manifest == "embed":
            return [task.target]
        return [detached_path(task.target, task.kind), task.target]

    def picture(self, task: Task, secret: WorkSecret) -> Outcome:
        """Protect a picture.

        Raises:
            ProfaceError: it cannot be protected or written.
        """
        access = _access(secret)
        try:
            done = protection.protect_as(self.options, task.source / task.name, access, self.faces)
        except NoFaceError:
            if self.no_face == "fail":
                raise
            return _copy(task, _NO_FACE) if self.no_face == "copy" else _left(task, _NO_FACE)
        done.save(task.target, self.manifest)
        return _outcome(task, done)

    def video(self, task: Task, secret: WorkSecret) -> Outcome:
        """Protect a video.

        Raises:
            ProfaceError: it cannot be protected or written.
        """
        access, clip = _access(secret), self.clips.options(self.manifest)
        try:
            return video_actions.protect(task, access, self.options, self.faces, clip)
        except NoFaceError:
            if self.no_face == "fail":
                raise
            if self.no_face == "copy":
                return video_actions.copy(task, self.clips, _NO_FACE)
            return _left(task, _NO_FACE)


@dataclass(frozen=True)
class Recover:
    """Give every picture and video its faces back."""

    accept_damage: bool = False
    """See `proface.recover`."""
    allow_weak: bool = False
    """See `proface.recover`."""
    wrong_recovery: WrongRecovery | None = None
    """See `proface.recover`."""
    unprotected: Absent = "fail"
    """What is done with a file that carries no manifest. It may have lost it."""
    providers: tuple[str, ...] | None = None
    """What runs the network, in order of preference; None for what is best here."""
    codec: VideoCodec = "ffv1"
    """Of recovered videos."""
    no_audio: bool = False
    """Whether sound is left out of recovered videos."""
    silent: bool = False
    """Whether it is not told, in outcomes and journal, where a wrong secret was used and something
    was written all the same; nor any other note."""

    action: ClassVar[str] = "recover"

    def check(self, patterns: Mapping[FileKind, str]) -> None:
        """Refuse at once what would be refused for every picture, or every video.

        Raises:
            ProfaceError: a choice is none, or a pattern's suffix is of a lossy format.
        """
        _check_suffix(patterns, "pixels")
        video_actions.check(patterns, self._clips)
        _check_choice(self.unprotected)

    def settings(self) -> dict[str, Any]:
        """All that makes a difference to the results, for JSON."""
        others = ("providers", "allow_weak", "silent")
        return {name: value for name, value in asdict(self).items() if name not in others}

    def secret(self, given: Given, salt: bytes | None) -> Key | Keyring | Identity:
        """What opens the files; the password itself, for the manifests say how it becomes keys.

        Raises:
            PasswordError: it is an access, which opens nothing.
            GrantError: it is a grant.
        """
        return session.secret_for(given)

    def targets(self, task: Task) -> list[Path]:
        """The result alone."""
        return [task.target]

    def picture(self, task: Task, secret: WorkSecret) -> Outcome:
        """Recover a picture.

        Raises:
            ProfaceError: it cannot be recovered or written.
        """
        path = task.source / task.name
        if self.unprotected != "fail" and not _has_manifest(path):
            copied = self.unprotected == "copy"
            return _copy(task, _NO_MANIFEST, private=True) if copied else _left(task, _NO_MANIFEST)
        done = protection.recover(
            path,
            _opener(secret),
            accept_damage=self.accept_damage,
            allow_weak=self.allow_weak,
            wrong_recovery=self.wrong_recovery,
            providers=self.providers,
        )
        done.save(task.target)
        return self._told(replace(_outcome(task, done), wrong_key=done.key_matched is False))

    def video(self, task: Task, secret: WorkSecret) -> Outcome:
        """Recover a video.

        Raises:
            ProfaceError: it cannot be recovered or written.
        """
        if self.unprotected != "fail" and not video_actions.has_manifest(task.source / task.name):
            if self.unprotected == "copy":
                return video_actions.copy(task, self._clips, _NO_MANIFEST, private=True)
            return _left(task, _NO_MANIFEST)
        done = video_actions.recover(
            task,
            _opener(secret),
            accept_damage=self.accept_damage,
            allow_weak=self.allow_weak,
            wrong_recovery=self.wrong_recovery,
            providers=self.providers,
            codec=self.codec,
            no_audio=self.no_audio,
        )
        return self._told(done)

    def _told(self, done: Outcome) -> Outcome:
        return replace(done, notes=(), wrong_key=False) if self.silent else done

    @property
    def _clips(self) -> ClipChoices:
        return ClipChoices(self.codec, no_audio=self.no_audio)


def _access(secret: WorkSecret) -> Access:
    if not isinstance(secret, Access):
        raise PasswordError("a folder is protected with an access that was made once")
    return secret


def _opener(secret: WorkSecret) -> Key | Keyring | Identity:
    if isinstance(secret, Access):
        raise PasswordError("an access opens nothing")
    return secret


def _has_manifest(path: Path) -> bool:
    return images.read(path).manifest is not None or detached_path(path).exists()


def _left(task: Task, reason: str) -> Outcome:
    return Outcome(task.name, "left", notes=(f"{reason}; nothing was written",))


def _copy(task: Task, reason: str, private: bool = False) -> Outcome:
    photograph = images.read(task.source / task.name)
    data = images.encode(photograph, images.format_for(task.target, "file"), None)
    output.write(task.target, data, overwrite=False, private=private)
    note = f"{reason}; it was copied as it is, without its metadata"
    return Outcome(task.name, "copied", notes=(*photograph.notes, note))


def _outcome(task: Task, done: Protected | Recovered) -> Outcome:
    boxes: Sequence[Any] = done.faces
    faces = tuple({"x": b.x, "y": b.y, "width": b.width, "height": b.height} for b in boxes)
    return Outcome(
        task.name, "done", faces=faces, profile=done.manifest.profile, notes=tuple(done.notes)
    )


def _check_suffix(patterns: Mapping[FileKind, str], carrier: Carrier) -> None:
    if "picture" in patterns:
        name = patterns["picture"].format(stem="photo", name="photo.jpg")
        images.format_for(Path(name), carrier)


def _check_choice(choice: str) -> None:
    if choice not in get_args(Absent):
        raise OptionError(
            f"'{choice}' is no way to treat such files; choose {', '.join(get_args(Absent))}"
        )
