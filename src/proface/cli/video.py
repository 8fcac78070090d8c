"""``proface protect``, ``recover`` and ``inspect`` on a video, and what they say of it."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from ..files.kinds import is_video
from .access_options import Openers
from .console import note, say, say_json, wrong_secret
from .facts import common, line, lines, made, openers
from .requests import ProtectRequest, RecoverRequest, RekeyRequest, VerifyRequest
from .secret_options import SecretOptions

if TYPE_CHECKING:
    # Only here: these bring numpy and OpenCV, for which `proface --version` need not wait.
    from ..keys import Access, Grant, Secret
    from ..video import ClipVerification, ProtectedClip, RecoveredClip


def protect(request: ProtectRequest) -> None:
    """Protect a video, and say what was done."""
    from .. import video as library
    from ..files.output import check_output
    from ..video.options import check_carrier
    from ..video.protection import check_outputs

    job, options = request.job, request.options
    options.check()
    clip = job.video.options(request.manifest == "detached", job.overwrite)
    check_carrier(options.keeping.carrier)
    check_outputs(job.source, job.out, clip, request.boxes or request.faces)
    inputs = job.inputs(options.look.donor, *request.access.inputs)
    for path in (job.out, clip.boxes_out):
        if path is not None:
            check_output(path, job.overwrite, inputs)
    access = request.access.prepare(job.source)()
    faces = request.boxes or request.faces
    with _frame_bar() as progress:
        done = library.protect(
            job.source, job.out, access, options, clip, faces=faces, progress=progress
        )
    note(done.notes)
    apart = library.detached_path(job.out) if request.manifest == "detached" else None
    openers = Openers.of(done.manifest.picture.slots)
    if job.as_json:
        more = {"opens": asdict(openers), "signed": access.signing_key is not None}
        say_json(_protected(done, job.out, apart, clip.boxes_out) | more)
        return
    say(
        f"{job.out}: {done.faces} faces in {done.with_faces} of {done.frames} frames protected "
        f"with {options.keeping.profile} ({options.look.obfuscator}) on {done.provider}"
    )
    say(_speed(done.frames, done.seconds, done.shares))
    if openers.sentence:
        say(openers.sentence)
    if apart:
        say(f"{apart}: the manifest; keep it, no face comes back without it")


def recover(request: RecoverRequest) -> None:
    """Recover a video, and say what was done."""
    from .. import video as library
    from ..files.output import check_output, refuse_folder
    from ..video.writer import check_name

    job = request.job
    refuse_folder(job.out)
    check_name(job.out)
    check_output(job.out, job.overwrite, job.inputs(request.manifest, *request.secret.inputs))
    secret = request.secret.obtain(job.source)
    with _frame_bar() as progress:
        done = library.recover(
            job.source,
            job.out,
            secret,
            manifest=request.manifest,
            accept_damage=request.accept_damage,
            allow_weak=request.secret.allow_weak,
            wrong_recovery=request.wrong_recovery,
            providers=request.providers,
            codec=job.video.codec or "ffv1",
            no_audio=job.video.no_audio or False,
            overwrite=job.overwrite,
            progress=progress,
        )
    if not request.silent:  # a note, too, would tell whether the secret was right
        note(done.notes)
    matched = None if request.silent else done.key_matched
    if job.as_json:
        say_json(_recovered(done, job.out) | {"key_matched": matched})
    else:
        verb = "NOT recovered" if matched is False else "recovered"
        say(
            f"{job.out}: {done.faces} faces in {done.frames} frames {verb} with "
            f"{done.manifest.picture.profile} on {done.provider}"
        )
        say(_speed(done.frames + done.left_out, done.seconds, done.shares))
    if matched is False:
        wrong_secret(str(job.out))


def inspect(clip: Path, manifest: Path | None, as_json: bool) -> None:
    """Show what a protected video says of itself."""
    from .. import video as library

    found = library.inspect(clip, manifest)
    about = found.manifest.picture
    if as_json:
        say_json(
            {
                "width": about.width,
                "height": about.height,
                "frames": found.frames,
                "seconds": found.seconds,
                "profile": about.profile,
                "obfuscator": about.obfuscator,
                "strength": about.strength,
                "key_frames": found.manifest.key_frames,
                **common(about),
                "faces": list(found.tracks),
                "recoverable": not found.problems,
                "problems": list(found.problems),
            }
        )
        return
    length = "" if found.seconds is None else f", {found.seconds:.1f} s"
    strength = "default strength" if about.strength is None else f"strength {about.strength:g}"
    line("video", f"{about.width} x {about.height}{length}")
    line("profile", f"{about.profile}, carried by the pixels")
    line("obfuscator", f"{about.obfuscator}, {strength}")
    line("protected", made(about))
    lines("opens with", openers(about.slots))
    if found.manifest.key_frames > 1:
        line("key frames", f"faces come back in every {found.manifest.key_frames}th frame")
    line("recoverable", "no" if found.problems else f"yes, with {Openers.of(about.slots).secret}")
    lines("", list(found.problems))
    if found.tracks:
        line("faces", f"{', '.join(map(str, found.tracks))} in the first frames")


def verify(request: VerifyRequest, secret: "Secret | Grant | None") -> "ClipVerification":
    """What can be said of a protected video."""
    from .. import video as library

    with _frame_bar() as progress:
        return library.verify(
            request.source,
            secret,
            manifest=request.manifest,
            signer=request.signer,
            allow_weak=request.allow_weak,
            providers=request.providers,
            progress=progress,
        )


def grant(
    clip: Path,
    secret: SecretOptions,
    faces: list[int],
    recipients: tuple[str, ...],
    manifest: Path | None,
) -> tuple[bytes, list[str]]:
    """A grant of tracked faces; and what is to be said of it."""
    from .. import video as library
    from ..video.sharing import SHARED

    opened = secret.whole(clip)
    data = library.grant(
        clip, opened, faces, recipients, manifest=manifest, allow_weak=secret.allow_weak
    )
    return data, [f"a face is granted in all frames of the video; {SHARED}"]


def rekey(request: RekeyRequest, secret: "Secret", access: "Access") -> Path | None:
    """A copy that others open; where its manifest lies if that alone was written."""
    from .. import video as library

    library.rekey(
        request.source,
        request.out,
        secret,
        access,
        manifest=request.manifest,
        allow_weak=request.allow_weak,
        overwrite=request.overwrite,
    )
    return None if is_video(request.out) else request.out


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
        "profile": done.manifest.picture.profile,
        "obfuscator": done.manifest.picture.obfuscator,
        "strength": done.manifest.picture.strength,
        "key_frames": done.manifest.key_frames,
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
        "profile": done.manifest.picture.profile,
        "key_frames": done.manifest.key_frames,
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
