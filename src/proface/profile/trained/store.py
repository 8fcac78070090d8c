"""Where the trained profiles are.

A profile is a folder with ``card.json``, ``protect.onnx``, ``recover.onnx`` and
``sensitivity.npy``: one of those in ``proface/weights``, or of the folder that the variable
``PROFACE_WEIGHTS`` names.
"""

import os
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from ...errors import ModelError
from .model_card import CARD_FILE, GRAPH_FILES

VARIABLE = "PROFACE_WEIGHTS"


def profiles() -> list[str]:
    """Names of the models that are installed, or that ``PROFACE_WEIGHTS`` adds.

    Raises:
        ModelError: the variable names no folder.
    """
    return [name for name, _ in folders()]


def folders() -> list[tuple[str, Traversable]]:
    """Every profile's name and folder, by name; a shipped one stands before an added one."""
    found: dict[str, Traversable] = {}
    parents: list[Traversable] = [files("proface") / "weights"]
    if added := os.environ.get(VARIABLE):
        if not Path(added).is_dir():
            raise ModelError(f"{VARIABLE} names '{added}', which is no folder")
        parents.append(Path(added))
    for parent in parents:
        for folder in parent.iterdir() if parent.is_dir() else ():
            if all((folder / name).is_file() for name in (CARD_FILE, *GRAPH_FILES)):
                found.setdefault(folder.name, folder)
    return sorted(found.items())
