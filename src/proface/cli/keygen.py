"""``proface keygen``: an identity, which opens what is protected for its recipient."""

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from ..errors import OutputError
from . import pipes
from .console import say


def keygen(
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            "-o",
            help="File to write; only you may read it, and none is ever replaced.",
            metavar="key.txt",
            show_default="standard output",
        ),
    ] = None,
) -> None:
    """Make an identity, as age-keygen does: keep it secret, and give away its public key."""
    from ..files import output
    from ..keys import Identity

    identity = Identity.generate()
    text = identity.to_text()
    if out is None or out == pipes.STANDARD:
        for each in text.splitlines():
            say(each)
        if sys.stdout.isatty():
            return  # it has been read there
    else:
        if os.path.lexists(out):
            raise OutputError(f"{out} exists, and no identity is ever replaced; name another file")
        output.write(out, text.encode(), overwrite=False, private=True)
    say(f"Public key: {identity.recipients[0]}", aside=True)
