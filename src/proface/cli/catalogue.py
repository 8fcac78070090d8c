"""``proface profiles``, ``obfuscators`` and ``demo``: what there is, and what it does."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from . import options
from .console import UsageError, note, say, say_json
from .options import check_photo


def profiles(as_json: options.Json = False) -> None:
    """List the ways to keep faces: the trained models that are installed, and sealed."""
    from ..profile.choice import facts
    from ..profile.choice import profiles as names

    all_facts = [facts(name) for name in names()]
    if as_json:
        say_json({"profiles": [asdict(each) for each in all_facts]})
        return
    for each in all_facts:
        secret = "yes" if each.secret else "no"
        say(each.name)
        say(f"    {each.description}")
        say(f"    wrong password: {each.wrong_recovery}; secret: {secret}; licence: {each.licence}")


def obfuscators(
    sheet: Annotated[
        Path | None,
        typer.Option(
            help="Draw a sheet that shows each at its default strength.", metavar="OUT.png"
        ),
    ] = None,
    picture: Annotated[
        Path | None,
        typer.Option(
            help="A photograph with a face, for the sheet.",
            metavar="PICTURE",
            show_default="NASA's astronaut",
        ),
    ] = None,
    overwrite: options.Overwrite = False,
    as_json: options.Json = False,
) -> None:
    """List the obfuscators, and what each guarantees."""
    if picture is not None and sheet is None:
        raise UsageError("--picture is for the sheet; name its file with --sheet")
    from ..obfuscators import catalogue
    from ..showcase import gallery

    all_facts = catalogue.facts()
    if sheet is not None:
        if picture is not None:
            check_photo(picture)
        gallery.write_sheet(sheet, picture or gallery.SAMPLE, overwrite)
    if as_json:
        drawn = {} if sheet is None else {"sheet": str(sheet)}
        say_json({"obfuscators": [asdict(each) for each in all_facts], **drawn})
        return
    for each in all_facts:
        say(f"{each.name:12} {each.summary}")
        if each.strength is not None:
            strength = each.strength
            say(
                f"    strength: {strength.name}, {strength.minimum:g} to {strength.maximum:g}, "
                f"{strength.default:g} by default"
            )
        for name, summary in each.sources.items():
            say(f"    --{name}: {summary}")
        say(f"    guarantee: {each.guarantee}")
        if each.missing is not None:
            say(f"    cannot be used yet: {each.missing}")
    if sheet is not None:
        say(str(sheet))


def demo(
    picture: Annotated[
        Path | None,
        typer.Argument(
            help="A photograph with a face.", metavar="PICTURE", show_default="NASA's astronaut"
        ),
    ] = None,
    out: Annotated[
        Path, typer.Option("--out", "-o", help="Folder for the pictures.", metavar="FOLDER")
    ] = Path("demo"),
    profile: options.Profile = options.DEFAULT_PROFILE,
    obfuscator: options.Obfuscator = "gaussian",
    overwrite: options.Overwrite = False,
) -> None:
    """Protect a picture, recover it, try a wrong password."""
    from ..showcase import demo as library

    picture = picture or library.SAMPLE
    check_photo(picture)
    done = library.run(out, picture, profile=profile, obfuscator=obfuscator, overwrite=overwrite)
    note(done.notes)
    figures = done.figures
    count = "1 face" if len(done.faces) == 1 else f"{len(done.faces)} faces"
    say(f"{picture.name}: {count}, {profile}, {obfuscator}, {done.provider}")
    say("PSNR over the faces, from the files as saved:")
    say(f"  protected       {figures.protected:6.2f} dB to the obfuscated picture")
    say(f"  recovered       {figures.recovered:6.2f} dB to the original")
    say(
        f"  wrong password  {figures.wrong_original:6.2f} dB to the original, "
        f"{figures.wrong_obfuscated:.2f} dB to the obfuscated picture"
    )
    outside = "identical" if figures.identical_outside else "CHANGED"
    say(f"  outside the faces: {outside}")
    for path in (done.protected, done.recovered, done.wrong, done.sheet):
        say(str(path))
