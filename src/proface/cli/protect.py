"""``proface protect``: the faces of a picture, a clip or a folder are protected."""

from pathlib import Path
from typing import Annotated

import typer

from ..errors import OutputError
from ..files.kinds import is_video
from . import access_options, folder, folder_options, options, picture, video, video_options
from .access_options import AccessOptions
from .console import UsageError
from .options import Carrier, FaceChoice, ManifestPlace
from .password import PasswordSource
from .requests import Job, ProtectRequest


def protect(  # noqa: PLR0913 - the options of a command
    photo: options.PhotoOrFolder,
    out: options.Out,
    password_file: options.PasswordFile = None,
    password_stdin: options.PasswordStdin = False,
    recipient: access_options.Recipients = None,
    recipients_file: access_options.RecipientsFiles = None,
    with_password: access_options.WithPassword = False,
    sign_key: access_options.SignKey = None,
    profile: options.Profile = options.DEFAULT_PROFILE,
    obfuscator: options.Obfuscator = "gaussian",
    strength: Annotated[
        float | None,
        typer.Option(
            help="Of the obfuscator, in pixels of a face 112 pixels high; it grows with the face.",
            show_default="the obfuscator's own",
        ),
    ] = None,
    shape: options.Shape = "box",
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
    ] = "embed",
    carrier: Annotated[
        Carrier,
        typer.Option(
            help="Keep the faces in their pixels, or (sealed only) beside them in the file, which "
            "may then be .png, .webp or .jpg."
        ),
    ] = "pixels",
    bits: Annotated[
        int | None,
        typer.Option(
            help="Bits a sample that sealed uses in pixels: 1, or 2 for faces of better quality "
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
    no_audio: video_options.NoAudio = None,
    tone_map: video_options.ToneMap = None,
    provider: options.Provider = None,
    no_face: folder_options.NoFace = None,
    workers: folder_options.Workers = None,
    pattern: folder_options.Patterns = None,
    resume: folder_options.Resume = False,
    report: folder_options.ReportFile = None,
    ray: folder_options.Ray = None,
    overwrite: options.Overwrite = False,
    as_json: options.Json = False,
) -> None:
    """Protect faces so that a password, or a recipient's identity, brings them back."""
    if boxes is not None and faces is not None:
        raise UsageError("give either --boxes or --faces, not both")
    if (boxes is not None or faces == "whole") and (thresh, mask_scale) != (None, None):
        raise UsageError("--thresh and --mask-scale are for detected faces only")
    from ..picture.options import (
        DEFAULT_MASK_SCALE,
        DEFAULT_THRESHOLD,
        DetectionOptions,
        KeepingOptions,
        LookOptions,
        ProtectOptions,
    )

    job = Job(
        source=photo,
        out=out,
        overwrite=overwrite,
        as_json=as_json,
        video=video_options.VideoChoices(
            key_frames, detect_every, start, end, boxes_out, codec, no_audio, tone_map
        ),
        folder=folder_options.FolderChoices(no_face, workers, pattern, resume, report, ray),
    )
    chosen = ProtectOptions(
        LookOptions(obfuscator, strength, shape, seed, stickers, donor),
        DetectionOptions(
            DEFAULT_THRESHOLD if thresh is None else thresh,
            DEFAULT_MASK_SCALE if mask_scale is None else mask_scale,
        ),
        KeepingOptions(profile, carrier, bits, tuple(provider) if provider else None),
    )
    access = AccessOptions(
        PasswordSource(password_file, password_stdin),
        with_password,
        recipient or [],
        recipients_file or [],
        sign_key,
    )
    _dispatch(ProtectRequest(job, access, chosen, faces or "auto", boxes, manifest))


def _dispatch(request: ProtectRequest) -> None:
    kind = request.job.kind(_moves)
    actions = {"picture": picture.protect, "folder": folder.protect, "video": video.protect}
    actions[kind](request)


def _moves(job: Job) -> bool:
    """Whether the input is a video, or an animation, which is protected as one.

    Raises:
        OutputError: it is an animation, and the result's name is a picture's.
    """
    if is_video(job.source):
        return True
    from ..files.animation import is_animation

    if not is_animation(job.source):
        return False
    if job.out.suffix.lower() != ".mkv":
        raise OutputError(
            f"{job.source} is an animation, which no still can hold; it is protected as a video: "
            f"-o {job.source.stem}.mkv"
        )
    return True
