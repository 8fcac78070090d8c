"""``proface models``: networks that users bring for SimSwap and FaceShifter."""

from pathlib import Path
from typing import Annotated

import typer

from . import options
from .console import Group, say, say_json

models = typer.Typer(
    cls=Group,
    help="List the networks that simswap and faceshifter need; `add` installs one.",
    invoke_without_command=True,
    rich_markup_mode=None,
)


@models.callback()
def listing(context: typer.Context, as_json: options.Json = False) -> None:
    """List the networks that simswap and faceshifter need; `add` installs one."""
    if context.invoked_subcommand is not None:
        return
    from ..obfuscators.swapping.network_store import GUIDE, WANTED, folder, path_of

    there = {name: path_of(name).is_file() for name in WANTED}
    if as_json:
        entries = [
            {"name": name, "installed": there[name], "file": str(path_of(name))} for name in WANTED
        ]
        say_json({"folder": str(folder()), "models": entries})
        return
    say(f"folder: {folder()}")
    for name, wanted in WANTED.items():
        say(f"{'there  ' if there[name] else 'missing'}  {name:22} {wanted.summary}")
    if not all(there.values()):
        say(f"{GUIDE} says where they are published; proface models add FILE --as NAME")


@models.command()
def add(
    file: Annotated[Path, typer.Argument(help="An ONNX file.", metavar="FILE")],
    name: Annotated[str, typer.Option("--as", help="What it is, one of `proface models`.")],
    overwrite: options.Overwrite = False,
    as_json: options.Json = False,
) -> None:
    """Check a network and copy it into the folder."""
    from ..obfuscators.swapping.network_store import add as install

    target = install(file, name, overwrite)
    if as_json:
        say_json({"name": name, "file": str(target)})
        return
    say(f"{target}: installed as {name}")
