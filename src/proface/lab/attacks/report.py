"""From findings to a document: ``attacks.md`` and its charts."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ...errors import OutputError
from . import get, names
from .base import Finding, findings_path, load_findings

REPORT_FILE = "attacks.md"
FIGURES_FOLDER = "attacks"
"""Beside the report."""

_INTRODUCTION = """\
# What attackers get

A face that `proface` protected is published for everyone to see. This page measures what people
*without* the password can make of it. All attackers below know the program, its source and its
trained weights, and have powerful tools; the password is all that they lack, unless an attack says
that they were given more.

How to read the figures:

- **PSNR to the original** (in dB) says how near a picture is to the face that was hidden. Two
  pictures of which nobody sees a difference have 40 dB and more, a good likeness 30 dB, a blurred
  face 20 to 25 dB, and noise below 11 dB.
- A blurred or pixelated face shows a little of the original by itself. **That share can never be
  taken back**, whatever is hidden in it, so every attack is compared with it: *obfuscated alone*.
  A protection holds where the attacker gets no more than that.
- The profiles `paper-randwr` and `paper-obfswr` reproduce a published paper, and are known not to
  keep a picture secret. They stand here so that everyone can see the difference.
- `obfswr` has the network of `randwr`, and publishes the very same pictures. What is said here of
  `randwr`'s pictures holds for both.

Made by `proface lab attack`.
"""


def write_report(out: Path) -> Path:
    """Write ``attacks.md`` of all findings in a folder, with its charts in the folder ``attacks``.

    Returns:
        The path of the report.

    Raises:
        ModelError: a file of findings is damaged.
        OutputError: the folder cannot be written.
    """
    figures = out / FIGURES_FOLDER
    path = out / REPORT_FILE
    try:
        figures.mkdir(parents=True, exist_ok=True)
        parts = [_INTRODUCTION]
        for number, name in enumerate(names(), 1):
            if findings_path(out, name).exists():
                parts.append(_section(number, name, out, figures))
        path.write_text("\n".join(parts), encoding="utf-8")
    except OSError as error:
        raise OutputError(f"the report cannot be written to {out} ({error})") from error
    return path


def _section(number: int, name: str, out: Path, figures: Path) -> str:
    attack = get(name)
    runs = load_findings(findings_path(out, name))
    body = attack.section([one for _, found in runs for one in found], figures).strip()
    conditions = "<br>".join(_conditions(summary, found) for summary, found in runs)
    return f"## {number}. {attack.TITLE}\n\n{body}\n\n<sub>{conditions}</sub>\n"


def _conditions(summary: Mapping[str, Any], findings: Sequence[Finding]) -> str:
    """On what an attack was run, in small print."""
    faces = ", ".join(f"{count} faces of {name}" for name, count in summary["faces"].items())
    profiles = ", ".join(sorted({one.profile for one in findings} - {""})) or "no profile"
    return f"{profiles}: up to {faces}; seed {summary['seed']}."
