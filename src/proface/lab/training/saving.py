"""Finished weights as files."""

from pathlib import Path
from typing import Any

from ..network.model import ProFaceS
from ..network.weights import write_weights
from .recipe import Recipe

History = list[dict[str, Any]]
"""Recipes of the runs that a run was started from, the first one first, with the steps taken."""


def save_weights(network: ProFaceS, recipe: Recipe, history: History, path: Path) -> None:
    """Write safetensors with architecture, recipe and history in the header."""
    write_weights(network, recipe.as_dict() | {"started_from": history}, path)
