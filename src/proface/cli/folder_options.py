"""The options that only folders have."""

from dataclasses import dataclass, fields
from pathlib import Path
from typing import Annotated, Literal

import typer

from .console import UsageError

Absent = Literal["skip", "copy", "fail"]
"""What is done with a file that has nothing to protect, or to recover."""

Workers = Annotated[
    int | None,
    typer.Option(
        help="Of a folder: processes that work side by side.", show_default="one a processor"
    ),
]
Patterns = Annotated[
    list[str] | None,
    typer.Option(
        "--pattern",
        help="Of a folder: names of the results; {stem} is a file's name without its suffix, "
        "{name} its whole name, which also keeps those apart that would become one file. Give one "
        "that ends in .mkv for videos, another one for pictures.",
        metavar="PATTERN",
        show_default="{stem}.png and {stem}.mkv",
    ),
]
Resume = Annotated[
    bool,
    typer.Option(
        "--resume",
        help="Of a folder: go on with a run that was killed, or repeat one for files that are new, "
        "changed or failed. Only what proface wrote itself is replaced.",
    ),
]
ReportFile = Annotated[
    Path | None,
    typer.Option(
        "--report",
        help="Of a folder: write what was done with each file as JSON.",
        metavar="FILE.json",
    ),
]
Ray = Annotated[
    str | None,
    typer.Option(
        help="Of a folder: address of a Ray cluster that does the work, such as auto or "
        "host:6379; needs proface[ray].",
        metavar="ADDRESS",
    ),
]
NoFace = Annotated[
    Absent | None,
    typer.Option(
        help="Of a folder: what is done with files in which no face is found: write nothing, "
        "copy them without metadata, or count them as failed.",
        show_default="skip",
    ),
]
Unprotected = Annotated[
    Absent | None,
    typer.Option(
        help="Of a folder: what is done with files that carry no manifest: write nothing, copy "
        "them without metadata, or count them as failed.",
        show_default="fail",
    ),
]


@dataclass(frozen=True)
class FolderChoices:
    """What a command line says that makes sense for folders only."""

    absent: Absent | None
    workers: int | None
    patterns: list[str] | None
    resume: bool
    report: Path | None
    ray: str | None

    def refuse(self) -> None:
        """The input is no folder.

        Raises:
            UsageError: one of these options was given.
        """
        if any(getattr(self, each.name) for each in fields(self)):
            raise UsageError(
                "--workers, --pattern, --resume, --report, --ray, --no-face and --unprotected are "
                "for folders only"
            )
