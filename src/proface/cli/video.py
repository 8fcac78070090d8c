"""What the command line says and asks where the input is a video."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from .console import note, say, say_json
from .options import CodecChoice
from .password import obtain

if TYPE_CHECKING:
    from ..picture.options import Hiding
    from ..profile.base import WrongRecovery
    from ..video import ClipOptions, ProtectedClip, RecoveredClip


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
    from ..video.protection import check_outputs

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
    from ..files.output import check_output
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
