"""One document of all that is kept: ``reproduction.md``."""

from pathlib import Path

from ..reporting.writing import write_text
from . import PARTS, get
from .setting import FOLDER

PAGE = "reproduction.md"

_INTRODUCTION = """\
# The paper's section V, repeated

Yuan et al., *PRO-Face S* (arXiv 2307.09146), table by table and figure by figure: the paper's
numbers as they are printed, and ours beside them, measured with the weights that are shipped. Made
by `proface lab reproduce`; how to repeat it stands in [reproduction.md](../reproduction.md), and
what each row was measured with in the JSON files of `{folder}/`.

The weights were trained on faces of CelebA's official *test* partition, because that is what could
be had, and measured on other identities of it, on LFW and on FFHQ; the paper trained on CelebA's
training partition.
"""


def write_page(out: Path) -> Path:
    """Write the page of all results, which lie in a folder beside it; returns its path.

    Raises:
        ModelError: a file of results is damaged.
        OutputError: the page cannot be written.
    """
    parts = [_INTRODUCTION.format(folder=FOLDER)]
    for name in PARTS:
        part = get(name)
        if text := part.section(out / FOLDER).strip():
            parts.append(f"## {part.TITLE}\n\n{text}\n")
    path = out / PAGE
    write_text(path, "\n".join(parts))
    return path
