"""``proface protect``: the faces of a picture, a clip or a folder are protected."""

from collections.abc import Iterable
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Annotated

import typer

from ..files.kinds import is_video
from . import folder, options, video, video_options
from .console import UsageError, note, progress_bar, say, say_json
from .options import Carrier, FaceChoice, ManifestPlace, check_photo
from .password import obtain

if TYPE_CHECKING:
    # Only here: these bring numpy and OpenCV, for which `proface --version` need not wait.
    from ..faces.boxes import Box
    from ..picture.regions import FaceChoice as LibraryFaces


def protect(
    photo: options.PhotoOrFolder,
    out: options.Out,
    password_file: options.PasswordFile = None,
    password_stdin: options.PasswordStdin = False,
    profile: options.Profile = options.DEFAULT_PROFILE,
    obfuscator: options.Obfuscator = "gaussian",
    strength: Annotated[
        float | None,
        typer.Option(
            help="Of the obfuscator, in pixels of a face 112 pixels high; it grows with the face.",
            show_default="the obfuscator's own",
        ),
    ] = None,
    shape: options.Shape = options.ShapeChoice.box,
    seed: options.Seed = 0,
    stickers: options.Stickers = None,
    donor: options.Donor = None,
    thresh: Annotated[
        float | None,
        typer.Option(
            help="Smallest score of a detected face, 0 to 1; lower finds more.", show_default="0.2"
        ),
    ] = None,
    mask_scale: Annotated[
        float | None,
        typer.Option(help="Factor on the sides of a detected face.", show_default="1.3"),
    ] = None,
    faces: Annotated[
        FaceChoice | None,
        typer.Option(
            help="Detect the faces, or take the whole picture for one.", show_default="auto"
        ),
    ] = None,
    boxes: Annotated[
        Path | None,
        typer.Option(
            help="Faces to protect instead: JSON, a list of objects with x, y, width and height.",
            metavar="FILE.json",
        ),
    ] = None,
    manifest: Annotated[
        ManifestPlace,
        typer.Option(
            help="Put what recovery needs into the picture, or beside it into "
            "OUT.png.proface.json, so that the picture's metadata carries no sign."
        ),
    ] = ManifestPlace.embed,
    carrier: Annotated[
        Carrier,
        typer.Option(
            help="Hide the faces in their pixels, or (sealed only) beside them in the file, which "
            "may then be .png, .webp or .jpg."
        ),
    ] = Carrier.pixels,
    bits: Annotated[
        int | None,
        typer.Option(
            help="Bits a sample that sealed hides in pixels: 1, or 2 for faces of better quality "
            "and pictures that show more noise.",
            metavar="1|2",
            show_default="1",
        ),
    ] = None,
    key_frames: video_options.KeyFrames = None,
    detect_every: video_options.DetectEvery = None,
    start: video_options.Start = None,
    end: video_options.End = None,
    boxes_out: video_options.BoxesOut = None,
    codec: video_options.CodecOption = None,
    provider: options.Provider = None,
    no_face: folder.NoFace = None,
    workers: folder.Workers = None,
    pattern: folder.Patterns = None,
    resume: folder.Resume = False,
    report: folder.ReportFile = None,
    ray: folder.Ray = None,
    overwrite: options.Overwrite = False,
    as_json: options.Json = False,
) -> None:
    """Hide faces so that the password brings them back."""
    if boxes is not None and faces is not None:
        raise UsageError("give either --boxes or --faces, not both")
    if (boxes is not None or faces is FaceChoice.whole) and (thresh, mask_scale) != (None, None):
        raise UsageError("--thresh and --mask-scale are for detected faces only")
    from ..faces.boxes import load_boxes
    from ..files.images import format_for
    from ..files.output import check_output
    from ..picture import protection as library
    from ..picture.options import DEFAULT_MASK_SCALE, DEFAULT_THRESHOLD, Hiding
    from ..picture.results import detached_path

    hiding = Hiding(
        profile,
        obfuscator,
        strength,
        shape.value,
        seed,
        stickers,
        donor,
        DEFAULT_THRESHOLD if thresh is None else thresh,
        DEFAULT_MASK_SCALE if mask_scale is None else mask_scale,
        carrier.value,
        bits,
        tuple(provider) if provider else None,
    )
    of_folder = folder.Options(no_face, workers, pattern, resume, report, ray)
    choices = video_options.Choices(key_frames, detect_every, start, end, boxes_out, codec)
    if photo.is_dir():
        if boxes is not None:
            raise UsageError("--boxes is for one picture, not for a folder")
        common = folder.Common(out, password_file, password_stdin, overwrite, as_json)
        whole, beside = faces is FaceChoice.whole, manifest is ManifestPlace.detached
        folder.protect(photo, hiding, whole, beside, choices.of_folder(), common, of_folder)
        return
    of_folder.refuse()
    check_photo(photo)
    if is_video(photo):
        hiding.check()
        video.protect(
            photo,
            out,
            hiding,
            boxes or (faces or FaceChoice.auto).value,
            choices.options(manifest is ManifestPlace.detached, overwrite),
            partial(obtain, password_file, password_stdin, confirm=True),
            as_json,
        )
        return
    choices.refuse()
    is_jpeg = format_for(out, carrier.value) == "JPEG"
    check_output(out, overwrite, [photo])
    if manifest is ManifestPlace.detached:
        check_output(detached_path(out), overwrite, [photo])
    chosen: LibraryFaces = "whole" if faces is FaceChoice.whole else "auto"
    if boxes is not None:
        chosen = load_boxes(boxes)
    hiding.check()  # before anyone has typed a password twice
    password = obtain(password_file, password_stdin, confirm=True)
    began = perf_counter()
    with progress_bar() as progress:
        result = library.protect_as(hiding, photo, password, chosen, progress)
    result.save(out, manifest.value, overwrite)
    seconds = perf_counter() - began
    note(result.notes)
    if is_jpeg:
        note(["the faces will come back bit for bit; all other pixels stay as JPEG changed them"])
    apart = detached_path(out) if manifest is ManifestPlace.detached else None
    if as_json:
        say_json(
            {
                "file": str(out),
                "manifest": str(apart) if apart else None,
                "profile": result.manifest.profile,
                "carrier": result.manifest.carrier,
                "obfuscator": result.manifest.obfuscator,
                "strength": result.manifest.strength,
                "faces": as_objects(result.faces),
                "provider": result.provider,
                "seconds": round(seconds, 3),
            }
        )
        return
    say(
        f"{out}: {_count(result.faces)} protected with {profile} ({obfuscator}) "
        f"in {seconds:.1f} s on {result.provider}"
    )
    if apart:
        say(f"{apart}: the manifest; keep it, no face comes back without it")


def as_objects(boxes: "Iterable[Box]") -> list[dict[str, int]]:
    """Boxes as JSON; what ``--boxes`` reads."""
    return [{"x": box.x, "y": box.y, "width": box.width, "height": box.height} for box in boxes]


def _count(boxes: "tuple[Box, ...]") -> str:
    return "1 face" if len(boxes) == 1 else f"{len(boxes)} faces"
