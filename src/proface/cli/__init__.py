"""The command line: ``proface``.

Commands import what they need when they run, so that ``proface --version`` and ``--help`` answer
at once, and none but ``proface lab`` needs torch.
"""

import sys
from collections.abc import Callable
from io import TextIOWrapper
from typing import Annotated

import typer

from .. import __version__
from .catalogue import demo, obfuscators, profiles
from .console import Group
from .doctor import doctor
from .grant import grant
from .inspect import inspect
from .keygen import keygen
from .lab import lab
from .models import models
from .obfuscate import obfuscate
from .protect import protect
from .recover import recover
from .rekey import rekey
from .serve import serve
from .verify import verify

app = typer.Typer(
    cls=Group,
    help="Obfuscate faces in pictures so that whoever has the password, or a key, can have them "
    "back.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
_COMMANDS: tuple[Callable[..., None], ...] = (
    *(protect, recover, obfuscate, inspect, verify, keygen, grant, rekey),
    *(profiles, obfuscators, demo, serve, doctor),
)
for command in _COMMANDS:
    app.command()(command)
app.add_typer(models, name="models")
# What follows `lab` is handed on untouched, `--help` included.
app.command(
    context_settings={
        "allow_extra_args": True,
        "allow_interspersed_args": False,
        "ignore_unknown_options": True,
    },
    add_help_option=False,
)(lab)


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"proface {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool,
        typer.Option(
            "--version", help="Show the version and exit.", callback=_show_version, is_eager=True
        ),
    ] = False,
) -> None:
    """Options before the command."""


def main() -> None:
    """Run the command line; the entry point of the installed command."""
    if isinstance(sys.stdout, TextIOWrapper):
        # File names may hold what an old terminal's encoding lacks.
        sys.stdout.reconfigure(errors="backslashreplace")
    app(prog_name="proface")
