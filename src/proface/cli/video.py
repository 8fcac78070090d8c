"""What the command line says and asks where the input is a video."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .console import UsageError, note, say, say_json
from .options import CodecChoice
from .password import obtain

if TYPE_CHECKING:
    from ..hiding import Hiding
    from ..profile import WrongRecovery
    from ..video import ClipOptions, ProtectedClip, RecoveredClip

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
Codec = Annotated[
    CodecChoice | None,
    typer.Option(
        help="Videos: ffv1, or x264 for smaller files; both keep every pixel.", show_default="ffv1"
    ),
]


@dataclass(frozen=True)
class Choices:
    """The options that only videos have."""

    key_frames: int | None = None
    detect_every: int | None = None
    start: str | None = None
    end: str | None = None
    boxes_out: Path | None = None
    codec: CodecChoice | None = None

    def refuse(self) -> None:
        """Refuse all of them, for an input that is no video.

        Raises:
            UsageError: one was given.
        """
        for name, value in vars(self).items():
            if value is not None:
                raise UsageError(f"--{name.replace('_', '-')} is for videos only")

    def options(self, detached: bool, overwrite: bool) -> "ClipOptions":
        """As the library takes them.

        Raises:
            UsageError: a time is none.
            OptionError: a value is out of bounds.
        """
        from ..video import ClipOptions

        return ClipOptions(
            codec=self.codec.value if self.codec else "ffv1",
            key_frames=self.key_frames or 1,
            detect_every=self.detect_every or 1,
            start=_seconds(self.start, "--start"),
            end=_seconds(self.end, "--end"),
            manifest="detached" if detached else "embed",
            boxes_out=self.boxes_out,
            overwrite=overwrite,
        )


def protect(
    clip: Path,
    out: Path,
    hiding: "Hiding",
    faces: str | Path,
    options: "ClipOptions",
    password: Callable[[], str],
    as_json: bool,
) -> None:
    """Protect a video, and say what was done."""
    from .. import video as library
    from ..video.options import check_hiding
    from ..video.protecting import check_outputs

    check_hiding(hiding)
    check_outputs(clip, out, options)
    secret = password()
    with _frame_bar() as progress:
        done = library.protect(clip, out, secret, hiding, options, faces, progress)
    note(done.notes)
    detached = library.detached_path(out) if options.manifest == "detached" else None
    if as_json:
        say_json(_protected(done, out, detached, options.boxes_out))
        return
    say(
        f"{out}: {done.faces} faces in {done.with_faces} of {done.frames} frames protected with "
        f"{hiding.profile} ({hiding.obfuscator}) on {done.provider}"
    )
    say(_speed(done.frames, done.seconds, done.shares))
    if detached:
        say(f"{detached}: the manifest; keep it, no face comes back without it")


def recover(
    clip: Path,
    out: Path,
    password_file: Path | None,
    password_stdin: bool,
    manifest: Path | None,
    accept_damage: bool,
    wrong_recovery: "WrongRecovery | None",
    providers: list[str] | None,
    codec: CodecChoice | None,
    overwrite: bool,
    as_json: bool,
) -> None:
    """Recover a video, and say what was done."""
    from .. import video as library
    from ..imagefile import check_output
    from ..video.writer import check_name

    check_name(out)
    check_output(out, overwrite, [clip])
    password = obtain(password_file, password_stdin)
    with _frame_bar() as progress:
        done = library.recover(
            clip,
            out,
            password,
            manifest=manifest,
            accept_damage=accept_damage,
            wrong_recovery=wrong_recovery,
            providers=tuple(providers) if providers else None,
            codec=codec.value if codec else "ffv1",
            overwrite=overwrite,
            progress=progress,
        )
    note(done.notes)
    if as_json:
        say_json(_recovered(done, out))
        return
    say(
        f"{out}: {done.faces} faces in {done.frames} frames recovered with "
        f"{done.record.picture.profile} on {done.provider}"
    )
    say(_speed(done.frames + done.left_out, done.seconds, done.shares))


def inspect(clip: Path, manifest: Path | None, as_json: bool) -> None:
    """Show what a protected video says of itself."""
    from .. import video as library

    found = library.inspect(clip, manifest)
    facts = found.record.picture
    if as_json:
        say_json(
            {
                "width": facts.width,
                "height": facts.height,
                "frames": found.frames,
                "seconds": found.seconds,
                "profile": facts.profile,
                "obfuscator": facts.obfuscator,
                "strength": facts.strength,
                "key_frames": found.record.key_frames,
                "recoverable": not found.problems,
                "problems": list(found.problems),
            }
        )
        return
    length = "" if found.seconds is None else f", {found.seconds:.1f} s"
    strength = "default strength" if facts.strength is None else f"strength {facts.strength:g}"
    say(f"video        {facts.width} x {facts.height}{length}")
    say(f"profile      {facts.profile}, carried by the pixels")
    say(f"obfuscator   {facts.obfuscator}, {strength}")
    if found.record.key_frames > 1:
        say(f"key frames   faces come back in every {found.record.key_frames}th frame")
    say(f"recoverable  {'no' if found.problems else 'yes, with the password'}")
    for problem in found.problems:
        say(f"             {problem}")


@contextmanager
def _frame_bar() -> Iterator[Callable[[int, int | None], None]]:
    """A bar on standard error, if that is a terminal: frames a second, and the time left."""
    from tqdm import tqdm

    with tqdm(unit="frame", leave=False, disable=None, delay=0.5) as bar:

        def move(done: int, total: int | None) -> None:
            bar.total = total
            bar.update(done - bar.n)

        yield move


def _protected(
    done: "ProtectedClip", out: Path, detached: Path | None, boxes: Path | None
) -> dict[str, object]:
    return {
        "file": str(out),
        "manifest": str(detached) if detached else None,
        "boxes": str(boxes) if boxes else None,
        "profile": done.record.picture.profile,
        "obfuscator": done.record.picture.obfuscator,
        "strength": done.record.picture.strength,
        "key_frames": done.record.key_frames,
        "frames": done.frames,
        "frames_with_faces": done.with_faces,
        "faces": done.faces,
        "faces_obfuscated_only": done.plain,
        **_figures(done.frames, done.seconds, done.shares, done.provider),
    }


def _recovered(done: "RecoveredClip", out: Path) -> dict[str, object]:
    frames = done.frames + done.left_out
    return {
        "file": str(out),
        "profile": done.record.picture.profile,
        "key_frames": done.record.key_frames,
        "frames": done.frames,
        "frames_left_out": done.left_out,
        "faces": done.faces,
        **_figures(frames, done.seconds, done.shares, done.provider),
    }


def _figures(
    frames: int, seconds: float, shares: Mapping[str, float], provider: str
) -> dict[str, object]:
    return {
        "provider": provider,
        "seconds": round(seconds, 3),
        "frames_per_second": round(frames / seconds, 3),
        "shares": {name: round(share, 3) for name, share in shares.items()},
    }


def _speed(frames: int, seconds: float, shares: Mapping[str, float]) -> str:
    parts = ", ".join(f"{name} {share:.0%}" for name, share in shares.items())
    return f"{frames} frames in {seconds:.1f} s, {frames / seconds:.1f} frames/s: {parts}"


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
