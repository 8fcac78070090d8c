"""``proface protect`` and ``recover`` on one picture, and what they say of it."""

from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

from . import pipes
from .access_options import Openers
from .console import note, progress_bar, say, say_json, wrong_secret
from .requests import ProtectRequest, RecoverRequest, RekeyRequest

if TYPE_CHECKING:
    # Only here: these bring numpy and OpenCV, for which `proface --version` need not wait.
    from ..faces.boxes import Box
    from ..keys import Access, Secret
    from ..picture.regions import FaceChoice


def protect(request: ProtectRequest) -> None:
    """Protect a picture, and say what was done."""
    from ..faces.boxes import load_boxes
    from ..files.images import format_for
    from ..files.output import check_outputs, refuse_folder
    from ..picture.protection import protect_as
    from ..picture.results import detached_path

    job, options = request.job, request.options
    job.video.refuse()
    to_pipe = pipes.check_output(job.out, job.as_json, request.manifest == "detached")
    if not to_pipe:
        refuse_folder(job.out)
    is_jpeg = not to_pipe and format_for(job.out, options.keeping.carrier) == "JPEG"
    apart = detached_path(job.out) if request.manifest == "detached" else None
    if not to_pipe:
        outputs = [job.out, apart] if apart else [job.out]
        inputs = job.inputs(request.boxes, options.look.donor, *request.access.inputs)
        check_outputs(outputs, job.overwrite, inputs)
    faces: FaceChoice = request.faces if request.boxes is None else load_boxes(request.boxes)
    options.check()  # before anyone has typed a password twice
    access = request.access.prepare(job.source)
    began = perf_counter()
    with progress_bar() as progress:
        result = protect_as(options, pipes.read(job.source), access, faces, progress)
    if to_pipe:
        pipes.write(result.encode("PNG"))
    else:
        result.save(job.out, request.manifest, job.overwrite)
    seconds = perf_counter() - began
    note(result.notes)
    if is_jpeg:
        note(["the faces will come back bit for bit; all other pixels stay as JPEG changed them"])
    manifest = result.manifest
    openers = Openers.of(manifest.slots)
    if job.as_json:
        say_json(
            {
                "file": str(job.out),
                "manifest": str(apart) if apart else None,
                "profile": manifest.profile,
                "carrier": manifest.carrier,
                "obfuscator": manifest.obfuscator,
                "strength": manifest.strength,
                "faces": as_objects(result.faces),
                "opens": asdict(openers),
                "signed": manifest.signature is not None,
                "provider": result.provider,
                "seconds": round(seconds, 3),
            }
        )
        return
    say(
        f"{pipes.label(job.out)}: {_count(result.faces)} protected with {manifest.profile} "
        f"({manifest.obfuscator}) in {seconds:.1f} s on {result.provider}",
        aside=to_pipe,
    )
    if openers.sentence:
        say(openers.sentence, aside=to_pipe)
    if apart:
        say(f"{apart}: the manifest; keep it, no face comes back without it")


def recover(request: RecoverRequest) -> None:
    """Recover a picture, and say what was done."""
    from ..files.images import format_for
    from ..files.output import check_output, refuse_folder
    from ..picture import protection as library

    job = request.job
    job.video.refuse()
    to_pipe = pipes.check_output(job.out, job.as_json)
    if not to_pipe:
        refuse_folder(job.out)
        format_for(job.out, recovered=True)
        check_output(job.out, job.overwrite, job.inputs(request.manifest, *request.secret.inputs))
    secret = request.secret.obtain(job.source)
    start = perf_counter()
    with progress_bar() as progress:
        result = library.recover(
            pipes.read(job.source),
            secret,
            manifest=request.manifest,
            accept_damage=request.accept_damage,
            allow_weak=request.secret.allow_weak,
            wrong_recovery=request.wrong_recovery,
            providers=request.providers,
            progress=progress,
        )
    if to_pipe:
        pipes.write(result.encode())
    else:
        result.save(job.out, job.overwrite)
    seconds = perf_counter() - start
    if not request.silent:  # a note, too, would tell whether the secret was right
        note(result.notes)
    matched = None if request.silent else result.key_matched
    if job.as_json:
        say_json(
            {
                "file": str(job.out),
                "profile": result.manifest.profile,
                "faces": as_objects(result.faces),
                "key_matched": matched,
                "provider": result.provider,
                "seconds": round(seconds, 3),
            }
        )
    else:
        done = "NOT recovered" if matched is False else "recovered"
        say(
            f"{pipes.label(job.out)}: {_count(result.faces)} {done} with "
            f"{result.manifest.profile} in {seconds:.1f} s on {result.provider}",
            aside=to_pipe,
        )
    if matched is False:
        wrong_secret(pipes.label(job.out))


def rekey(request: RekeyRequest, secret: "Secret", access: "Access") -> Path | None:
    """A copy that others open; where its manifest lies if apart."""
    from ..picture.rekeying import rekey as library
    from ..picture.results import detached_path

    done = library(
        request.source,
        request.out,
        secret,
        access,
        manifest=request.manifest,
        allow_weak=request.allow_weak,
        overwrite=request.overwrite,
    )
    apart = detached_path(request.out)
    written = apart.exists() and apart.read_bytes() == done.to_json().encode()
    return apart if written else None


def as_objects(boxes: "Iterable[Box]") -> list[dict[str, int]]:
    """Boxes as JSON; what ``--boxes`` reads."""
    return [{"x": box.x, "y": box.y, "width": box.width, "height": box.height} for box in boxes]


def _count(boxes: "tuple[Box, ...]") -> str:
    return "1 face" if len(boxes) == 1 else f"{len(boxes)} faces"
