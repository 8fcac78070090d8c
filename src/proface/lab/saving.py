"""Finished weights as files."""

import json
from pathlib import Path
from typing import Any

from safetensors.torch import save_file

from .network import ProFaceS
from .recipe import Recipe

History = list[dict[str, Any]]
"""Recipes of the runs that a run was started from, the first one first, with the steps taken."""


def save_weights(network: ProFaceS, recipe: Recipe, history: History, path: Path) -> None:
    """Write safetensors with architecture, recipe and history in the header."""
    write_weights(network, recipe.as_dict() | {"started_from": history}, path)


def write_weights(network: ProFaceS, recipe: dict[str, Any], path: Path) -> None:
    """Write safetensors with architecture and any recipe in the header."""
    metadata = {
        "architecture": json.dumps(network.architecture.as_dict()),
        "recipe": json.dumps(recipe),
    }
    tensors = {name: tensor.contiguous() for name, tensor in network.state_dict().items()}
    beside = path.with_suffix(".tmp")
    save_file(tensors, beside, metadata)
    beside.replace(path)
