"""``proface doctor``: what there is, what is used and why."""

from dataclasses import asdict
from typing import TYPE_CHECKING

import typer

from . import options
from .console import say, say_json

if TYPE_CHECKING:
    from .diagnosis import Diagnosis, Runtime


def doctor(as_json: options.Json = False) -> None:
    """Show what runs the networks on this machine, and why; exit code 1 if something is broken."""
    from .diagnosis import examine

    found = examine()
    if as_json:
        say_json(asdict(found) | {"sound": found.sound})
    else:
        _tell(found)
    if not found.sound:
        raise typer.Exit(1)


def _tell(found: "Diagnosis") -> None:
    say(f"proface      {found.proface}, Python {found.python}, {found.system}")
    say(f"processor    {found.processor}, {found.cores} cores")
    for runtime in found.runtimes:
        say(f"{runtime.name:12} {_runtime(runtime)}")
    say(f"--provider   {', '.join(found.providers)}")
    for use in found.uses:
        say(f"{use.name:12} {use.runs_on or 'BROKEN'}: {use.reason}")
    for extra in found.extras:
        state = f"lacks {', '.join(extra.missing)}" if extra.missing else "complete"
        say(f"[{extra.name}]".ljust(13) + state)
    say(f"networks     {', '.join(found.networks) or 'none; see proface models'}")
    for name, value in found.variables.items():
        say(f"{name}={value}")


def _runtime(runtime: "Runtime") -> str:
    if runtime.version is None:
        return f"not installed; pip install 'proface[{runtime.name}]'"
    return f"{runtime.version}, with {', '.join(runtime.offers)}"
