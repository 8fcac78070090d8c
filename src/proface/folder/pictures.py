"""Protecting and recovering the pictures of a folder."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Literal, get_args

from .. import imagefile, photo
from ..errors import NoFaceError, OptionError, PasswordError
from ..hiding import Hiding
from ..keys import Key, Keyring
from ..manifest import Carrier
from ..profile import WrongRecovery
from ..results import Protected, Recovered, detached_path
from .plan import Kind
from .work import Outcome, Secret, Task

Absent = Literal["skip", "copy", "fail"]
"""What is done with a picture that has nothing to protect or to recover: nothing is written, the
picture is written without its metadata, or it counts as failed."""


@dataclass(frozen=True)
class Protect:
    """Protect every picture."""

    hiding: Hiding = field(default_factory=Hiding)
    faces: Literal["auto", "whole"] = "auto"
    """Detect them, or take each picture for one face."""
    manifest: Literal["embed", "detached"] = "embed"
    """Where each picture's manifest goes, see `Protected.save`."""
    no_face: Absent = "skip"
    """What is done with a picture in which no face is found. It may show one all the same, so
    that by default it does not get among the protected ones."""

    action: ClassVar[str] = "protect"

    def check(self, patterns: Mapping[Kind, str]) -> None:
        """Refuse at once what would be refused for every picture.

        Raises:
            ProfaceError: as for `Hiding.check`, a choice is none, or the pattern's suffix does
                not go with the carrier.
        """
        _check_suffix(patterns, self.hiding.carrier)
        self.hiding.check()
        _check_choice(self.no_face)

    def settings(self) -> dict[str, Any]:
        """All that makes a difference to the results, for JSON."""
        hiding = {
            name: str(value) if isinstance(value, Path) else value
            for name, value in asdict(self.hiding).items()
            if name != "providers"
        }
        rest = {"faces": self.faces, "manifest": self.manifest, "no_face": self.no_face}
        return hiding | rest

    def secret(self, password: str | Key, key: Key) -> Secret:
        """The session's key; the password is not needed any more."""
        return key

    def targets(self, target: Path) -> list[Path]:
        """The picture, and the manifest if it goes beside it."""
        return [target] if self.manifest == "embed" else [target, detached_path(target)]

    def picture(self, task: Task, secret: Secret) -> Outcome:
        """Protect a picture.

        Raises:
            ProfaceError: it cannot be protected or written.
        """
        if not isinstance(secret, Key):
            raise PasswordError("a folder is protected with a key that was derived once")
        try:
            done = photo.protect_as(self.hiding, task.source / task.name, secret, self.faces)
        except NoFaceError:
            if self.no_face == "fail":
                raise
            return _without(task, self.no_face == "copy", "no face was found")
        done.save(task.target, self.manifest, task.overwrite)
        return _outcome(task, done)


@dataclass(frozen=True)
class Recover:
    """Give every picture its faces back."""

    accept_damage: bool = False
    """See `proface.recover`."""
    wrong_recovery: WrongRecovery | None = None
    """See `proface.recover`."""
    unprotected: Absent = "fail"
    """What is done with a picture that carries no manifest. It may have lost it."""
    providers: tuple[str, ...] | None = None
    """ONNX Runtime providers in order of preference; None for the processor."""

    action: ClassVar[str] = "recover"

    def check(self, patterns: Mapping[Kind, str]) -> None:
        """Refuse at once what would be refused for every picture.

        Raises:
            ProfaceError: a choice is none, or the pattern's suffix is of a lossy format.
        """
        _check_suffix(patterns, "pixels")
        _check_choice(self.unprotected)

    def settings(self) -> dict[str, Any]:
        """All that makes a difference to the results, for JSON."""
        return {name: value for name, value in asdict(self).items() if name != "providers"}

    def secret(self, password: str | Key, key: Key) -> Secret:
        """The password, for the manifests say how it becomes keys."""
        return password if isinstance(password, Key) else Keyring(password)

    def targets(self, target: Path) -> list[Path]:
        """The picture alone."""
        return [target]

    def picture(self, task: Task, secret: Secret) -> Outcome:
        """Recover a picture.

        Raises:
            ProfaceError: it cannot be recovered or written.
        """
        path = task.source / task.name
        if self.unprotected != "fail" and not _has_manifest(path):
            return _without(task, self.unprotected == "copy", "it carries no manifest")
        done = photo.recover(
            path,
            secret,
            accept_damage=self.accept_damage,
            wrong_recovery=self.wrong_recovery,
            providers=self.providers,
        )
        done.save(task.target, task.overwrite)
        return _outcome(task, done)


def _has_manifest(path: Path) -> bool:
    return imagefile.read(path).manifest is not None or detached_path(path).exists()


def _without(task: Task, copy: bool, reason: str) -> Outcome:
    if not copy:
        return Outcome(task.name, "left", notes=(f"{reason}; nothing was written",))
    photograph = imagefile.read(task.source / task.name)
    data = imagefile.encode(photograph, imagefile.format_for(task.target, "file"), None)
    imagefile.write(task.target, data, task.overwrite)
    note = f"{reason}; it was copied as it is, without its metadata"
    return Outcome(task.name, "copied", notes=(*photograph.notes, note))


def _outcome(task: Task, done: Protected | Recovered) -> Outcome:
    boxes: Sequence[Any] = done.faces
    faces = tuple({"x": b.x, "y": b.y, "width": b.width, "height": b.height} for b in boxes)
    return Outcome(
        task.name, "done", faces=faces, profile=done.manifest.profile, notes=tuple(done.notes)
    )


def _check_suffix(patterns: Mapping[Kind, str], carrier: Carrier) -> None:
    imagefile.format_for(Path(patterns["picture"].format(stem="photo", name="photo.jpg")), carrier)


def _check_choice(choice: str) -> None:
    if choice not in get_args(Absent):
        raise OptionError(
            f"'{choice}' is no way to treat such pictures; choose {', '.join(get_args(Absent))}"
        )
