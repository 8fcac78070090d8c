"""The trained networks in torch, through which an attacker computes gradients."""

import os
from functools import cache
from importlib.resources import files
from pathlib import Path

from ...errors import ModelError
from ...profile.trained.store import VARIABLE
from .model import ProFaceS
from .weights import WEIGHTS_FILE, load_network


def profile_folder(name: str) -> Path:
    """The folder of an installed profile that has weights for torch.

    Raises:
        ModelError: there is none.
    """
    parents = [Path(str(files("proface") / "weights"))]
    if added := os.environ.get(VARIABLE):
        parents.append(Path(added))
    for parent in parents:
        if (parent / name / WEIGHTS_FILE).is_file():
            return parent / name
    raise ModelError(f"the profile '{name}' has no {WEIGHTS_FILE} to attack")


@cache
def load_torch(name: str) -> ProFaceS:
    """A profile's network, whose weights need no gradients.

    Raises:
        ModelError: there is none, or it is damaged.
    """
    network, _ = load_network(profile_folder(name) / WEIGHTS_FILE)
    return network.requires_grad_(False)
