"""Weights of a network in files."""

import json
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from ...errors import ModelError
from ...files.atomic import replacing
from ...profile.trained import model_card
from .model import NetworkShape, ProFaceS

WEIGHTS_FILE = "weights.safetensors"


def load_network(weights: Path) -> tuple[ProFaceS, dict[str, Any]]:
    """Read a network, in evaluation mode, from safetensors that `write_weights` wrote.

    Returns:
        The network, and the file's header: ``architecture`` and ``recipe``.

    Raises:
        ModelError: the file is missing, damaged, or not of this program.
    """
    try:
        with safe_open(weights, "pt") as file:
            header = file.metadata() or {}
            names = list(file.keys())
            tensors = {name: file.get_tensor(name) for name in names}
    except (OSError, SafetensorError) as error:
        raise ModelError(f"{weights} cannot be read as safetensors ({error})") from error
    try:
        values = {name: json.loads(header[name]) for name in ("architecture", "recipe")}
    except (KeyError, ValueError, RecursionError) as error:
        raise ModelError(
            f"{weights} is not from this program: its header has no {error}"
        ) from error
    if not isinstance(values["recipe"], dict):
        raise ModelError(f"{weights} is not from this program: its recipe is no JSON object")
    shape = model_card.Architecture.from_dict(values["architecture"])
    architecture = NetworkShape(shape.blocks, shape.growth, shape.depth, float(shape.clamp))
    network = ProFaceS(architecture).eval()
    _check_tensors(weights, tensors, network.state_dict())
    network.load_state_dict(tensors)
    return network, values


def _check_tensors(weights: Path, found: dict[str, Tensor], expected: dict[str, Tensor]) -> None:
    """Refuse tensors that are not just those of the architecture, in finite float32."""
    odd = set(found) ^ set(expected)
    if odd:
        raise ModelError(f"{weights} does not fit its architecture: tensor '{min(odd)}'")
    for name, tensor in found.items():
        if tensor.shape != expected[name].shape or tensor.dtype != torch.float32:
            raise ModelError(
                f"{weights}: '{name}' is {tensor.dtype} {tuple(tensor.shape)}, and should be "
                f"float32 {tuple(expected[name].shape)}"
            )
        if not torch.isfinite(tensor).all():
            raise ModelError(f"{weights}: '{name}' holds values that are not finite")


def write_weights(network: ProFaceS, recipe: dict[str, Any], path: Path) -> None:
    """Write safetensors with architecture and any recipe in the header."""
    metadata = {
        "architecture": json.dumps(network.architecture.as_dict()),
        "recipe": json.dumps(recipe),
    }
    tensors = {name: tensor.contiguous() for name, tensor in network.state_dict().items()}
    with replacing(path) as file:
        file.write(save(tensors, metadata))
