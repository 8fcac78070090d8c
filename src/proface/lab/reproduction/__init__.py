"""The paper's section V, table by table and figure by figure: ``proface lab reproduce``.

Each part is a module: it measures what is not measured yet, keeps it as JSON, and writes its
section of the page from what is kept. `setting` has what they share, `published` the paper's
numbers, and `page` makes one document of the sections.
"""

from importlib import import_module
from typing import cast

from ...errors import OptionError
from .setting import Part

PARTS = ("quality", "ablations", "cost", "blocks", "samples")
"""In the order of the page."""
TRAINING_PARTS = ("ablations", "blocks")
"""Those that train networks of their own."""


def get(name: str) -> Part:
    """The part of that name.

    Raises:
        OptionError: there is none.
    """
    if name not in PARTS:
        raise OptionError(f"there is no part '{name}'; known are: {', '.join(PARTS)}")
    # A module has what the protocol asks for, but mypy cannot know of one imported by name.
    return cast(Part, import_module(f"{__name__}.{name}"))
