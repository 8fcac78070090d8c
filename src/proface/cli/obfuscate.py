"""``proface obfuscate``: faces are obfuscated for good, in a picture that looks protected."""

from time import perf_counter
from typing import Annotated, Literal

import typer

from . import options, pipes
from .console import UsageError, note, progress_bar, say, say_json
from .options import Carrier, ManifestPlace

Pretended = Literal["password", "recipient"]


def obfuscate(  # noqa: PLR0913 - the options of a command
    photo: options.Photo,
    out: options.Out,
    decoy: Annotated[
        bool,
        typer.Option(
            "--decoy",
            help="Write a picture that nobody can tell from a protected one, with random numbers "
            "where a protected one keeps the faces.",
        ),
    ] = False,
    pretended: Annotated[
        Pretended,
        typer.Option("--for", help="What a protected picture would open with."),
    ] = "password",
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
    faces: Annotated[
        options.FaceChoice,
        typer.Option(help="Detect the faces, or take the whole picture for one."),
    ] = "auto",
    carrier: Annotated[
        Carrier, typer.Option(help="Where a protected picture would keep the faces.")
    ] = "pixels",
    manifest: Annotated[
        ManifestPlace,
        typer.Option(help="Put the manifest into the picture, or beside it."),
    ] = "embed",
    provider: options.Provider = None,
    overwrite: options.Overwrite = False,
    as_json: options.Json = False,
) -> None:
    """Obfuscate faces for good: nobody ever gets them back, whatever the file looks like."""
    if not decoy:
        raise UsageError(
            "obfuscate makes decoys only: say --decoy for a picture that looks protected and keeps "
            "nothing of the faces"
        )
    from ..files.images import format_for
    from ..files.output import check_outputs, refuse_folder
    from ..picture.decoy import decoy_as
    from ..picture.options import KeepingOptions, LookOptions, ProtectOptions
    from ..picture.results import detached_path

    detached = manifest == "detached"
    to_pipe = pipes.check_output(out, as_json, detached)
    if not to_pipe:
        refuse_folder(out)
        format_for(out, carrier)
        check_outputs([out, detached_path(out)] if detached else [out], overwrite, [photo])
    if not pipes.is_standard_input(photo):
        options.check_photo(photo)
    chosen = ProtectOptions(
        LookOptions(obfuscator, strength, shape, seed),
        keeping=KeepingOptions(profile, carrier, None, tuple(provider) if provider else None),
    )
    chosen.check()
    began = perf_counter()
    with progress_bar() as progress:
        result = decoy_as(chosen, pipes.read(photo), pretended, faces, progress)
    if to_pipe:
        pipes.write(result.encode("PNG"))
    else:
        result.save(out, manifest, overwrite)
    seconds = perf_counter() - began
    note(result.notes)
    count = len(result.faces)
    if as_json:
        say_json(
            {
                "file": str(out),
                "manifest": str(detached_path(out)) if detached else None,
                "profile": profile,
                "decoy": True,
                "faces": count,
                "seconds": round(seconds, 3),
            }
        )
        return
    say(
        f"{pipes.label(out)}: {count} {'face' if count == 1 else 'faces'} obfuscated for good, as "
        f"a decoy of {profile} ({obfuscator}), in {seconds:.1f} s on {result.provider}",
        aside=to_pipe,
    )
