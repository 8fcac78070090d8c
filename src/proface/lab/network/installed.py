"""The trained networks in torch, through which an attacker computes gradients."""

from functools import cache
from pathlib import Path

from ...errors import ModelError
from ...profile.trained import store
from ...profile.trained.model_card import DATA_FILE
from .model import ProFaceS
from .weights import WEIGHTS_FILE, load_network


def checkpoint_of(name: str) -> Path:
    """The weights for torch of an installed profile.

    Raises:
        ModelError: there are none; the wheel leaves them out, a checkout of the project has them.
    """
    _, files = store.read(name)
    path = files[DATA_FILE].with_name(WEIGHTS_FILE)
    if not path.is_file():
        raise ModelError(
            f"there is no {path}, which the wheel of proface leaves out: install the laboratory "
            "from a checkout, with pip install -e"
        )
    return path


@cache
def load_torch(name: str) -> ProFaceS:
    """A profile's network, whose weights need no gradients.

    Raises:
        ModelError: there is none, or it is damaged.
    """
    network, _ = load_network(checkpoint_of(name))
    return network.requires_grad_(False)
