"""Pages that are made of the program itself when the site is built: its commands, its names."""

import inspect
from collections.abc import Iterator
from importlib.util import find_spec
from typing import Any

from typer.main import get_command

import proface
from proface.cli import app
from proface.errors import ProfaceError

COMMANDS = "<!-- the commands -->"
LAB_COMMANDS = "<!-- the commands of the laboratory -->"
NAMES = "<!-- the public names -->"
NO_LAB = "torch is not installed where this page was built: the commands are not listed.\n"


def on_page_markdown(markdown: str, **_: object) -> str:
    """Fill the places that a page leaves for what is made here."""
    for place, make in ((COMMANDS, commands), (LAB_COMMANDS, lab_commands), (NAMES, names)):
        if place in markdown:
            markdown = markdown.replace(place, make())
    return markdown


def commands() -> str:
    """Every command of ``proface``, with its arguments and options."""
    return "\n".join(_describe(get_command(app), "proface"))


def lab_commands() -> str:
    """Every command of ``proface lab``, where its packages are installed."""
    if not find_spec("torch"):
        return NO_LAB
    from proface.lab.cli.app import app as lab

    return "\n".join(_describe(get_command(lab), "proface lab"))


def names() -> str:
    """Every name of ``proface.__all__``, for mkdocstrings: functions, classes, errors."""
    groups: dict[str, list[str]] = {"Functions": [], "Classes": [], "Errors": []}
    for name in proface.__all__:
        value = getattr(proface, name)
        if not inspect.isclass(value):
            groups["Functions"].append(name)
        elif issubclass(value, ProfaceError):
            groups["Errors"].append(name)
        else:
            groups["Classes"].append(name)
    return "\n".join(
        "\n".join([f"## {title}", "", *(f"::: proface.{each}\n" for each in group)])
        for title, group in groups.items()
    )


def _describe(command: Any, path: str) -> Iterator[str]:  # noqa: ANN401 - click's, or Typer's copy
    """A command and those below it as Markdown."""
    children = getattr(command, "commands", {})
    yield f"### {path}\n\n{_text(command.help)}\n"
    yield from _parameters(command)
    for name, child in children.items():
        # The laboratory hands on what it is given; its commands have a place of their own.
        if (path, name) == ("proface", "lab"):
            continue
        yield from _describe(child, f"{path} {name}")


def _parameters(command: Any) -> Iterator[str]:  # noqa: ANN401 - as above
    context = command.context_class(command)
    arguments = [each for each in command.params if each.param_type_name == "argument"]
    options = [each for each in command.params if each.param_type_name == "option"]
    if arguments:
        yield "| argument | what |\n| --- | --- |"
        for each in arguments:
            yield f"| {_code(each.metavar or each.name)} | {_cell(getattr(each, 'help', ''))} |"
        yield ""
    rows = [row for row in (each.get_help_record(context) for each in options) if row]
    if rows:
        yield "| option | what |\n| --- | --- |"
        for names_of, text in rows:
            yield f"| {_code(names_of)} | {_cell(text)} |"
        yield ""


def _text(text: str | None) -> str:
    """Help text as Markdown; typer marks paragraphs that keep their lines with a backspace."""
    return inspect.cleandoc(text or "").replace("\b", "").replace("<", "&lt;")


def _cell(text: str | None) -> str:
    """A text that stays within a cell of a table."""
    return " ".join((text or "").split()).replace("|", "\\|").replace("<", "&lt;")


def _code(text: str) -> str:
    """Names of an option as code, in a cell."""
    return "<code>" + _cell(text) + "</code>"
