"""LPIPS v0.1 on AlexNet (Zhang et al., CVPR 2018), differentiable, of our own.

The ``lpips`` package needs torchvision, which has no CPU build beside ours, and what LPIPS
computes is short. The weights are torchvision's AlexNet features and the ``lpips`` project's
linear heads, read from a folder or fetched once from their official addresses; SHA-256 checked.
"""

import hashlib
import os
import urllib.request
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812 - the customary name
from torch import Tensor, nn

from ...errors import ModelError
from ...files.atomic import replacing
from ..device import cache_folder

FEATURES = "alexnet-owt-7be5be79.pth"
FEATURES_NPZ = "alexnet_features_torchvision.npz"
HEADS = "lpips_v0.1_alex.pth"
_SOURCES = {
    FEATURES: (
        "https://download.pytorch.org/models/alexnet-owt-7be5be79.pth",
        "7be5be791159472b1fbf3c69796f7cb30dca7ad8466c2df70058c37116cdee02",
    ),
    HEADS: (
        "https://raw.githubusercontent.com/richzhang/PerceptualSimilarity/master/lpips/weights/v0.1/alex.pth",
        "df73285e35b22355a2df87cdb6b70b343713b667eddbda73e1977e0c860835c0",
    ),
}
WEIGHTS_VARIABLE = "PROFACE_LPIPS"
"""Environment variable naming a folder that holds the weights."""
_CONVOLUTIONS = (0, 3, 6, 8, 10)
_STRIDES_PADDINGS = ((4, 2), (1, 2), (1, 1), (1, 1), (1, 1))


class Lpips(nn.Module):
    """Learned perceptual distance of pictures in [-1, 1]; 0 for equal pictures.

    The weights lie in ``folder``, or the one that the variable ``PROFACE_LPIPS`` names, or one in
    the user's cache that is filled from the official addresses at first use.

    Raises:
        ModelError: weights are missing and cannot be fetched, or fail their checksum.
    """

    def __init__(self, folder: Path | None = None) -> None:
        super().__init__()
        folder = folder or _default_folder()
        features, heads = _load_features(folder), _load_tensors(folder / HEADS)
        for index, layer in enumerate(_CONVOLUTIONS):
            self.register_buffer(f"weight{index}", features[f"features.{layer}.weight"])
            self.register_buffer(f"bias{index}", features[f"features.{layer}.bias"])
            self.register_buffer(f"head{index}", heads[f"lin{index}.model.1.weight"])
        # ImageNet's mean and deviation, for inputs in [-1, 1] (LPIPS's ScalingLayer).
        self.register_buffer("mean", torch.tensor([-0.030, -0.088, -0.188]).view(3, 1, 1))
        self.register_buffer("deviation", torch.tensor([0.458, 0.448, 0.450]).view(3, 1, 1))

    def forward(self, a: Tensor, b: Tensor) -> Tensor:
        """Distance of each pair of B x 3 x H x W in [-1, 1], H and W at least 32; B."""
        both = (torch.cat((a, b)) - self.get_buffer("mean")) / self.get_buffer("deviation")
        total = a.new_zeros(a.shape[0])
        for index, (stride, padding) in enumerate(_STRIDES_PADDINGS):
            if index in (1, 2):
                both = F.max_pool2d(both, kernel_size=3, stride=2)
            weight, bias = self.get_buffer(f"weight{index}"), self.get_buffer(f"bias{index}")
            both = torch.relu(F.conv2d(both, weight, bias, stride=stride, padding=padding))
            # As in the reference: the epsilon is added to the norm, not under the root.
            unit = both / (both.pow(2).sum(dim=1, keepdim=True) + 1e-20).sqrt().add(1e-10)
            unit_a, unit_b = unit.chunk(2)
            difference = F.conv2d((unit_a - unit_b).pow(2), self.get_buffer(f"head{index}"))
            total = total + difference.mean(dim=(1, 2, 3))
        return total


def _default_folder() -> Path:
    named = os.environ.get(WEIGHTS_VARIABLE)
    return Path(named) if named else cache_folder("lpips")


def _load_features(folder: Path) -> Mapping[str, Tensor]:
    npz = folder / FEATURES_NPZ
    if npz.exists():
        with np.load(npz, allow_pickle=False) as arrays:
            return {name: torch.from_numpy(arrays[name]) for name in arrays.files}
    return _load_tensors(folder / FEATURES)


def _load_tensors(path: Path) -> Mapping[str, Tensor]:
    if not path.exists():
        _fetch(path)
    address, expected = _SOURCES[path.name]
    if hashlib.sha256(path.read_bytes()).hexdigest() != expected:
        raise ModelError(f"{path} is not the file published at {address}; delete it and try again")
    tensors: Mapping[str, Tensor] = torch.load(path, map_location="cpu", weights_only=True)
    return tensors


def _fetch(path: Path) -> None:
    """Download a file; a broken download leaves nothing."""
    address, _ = _SOURCES[path.name]
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with (
            urllib.request.urlopen(address, timeout=60) as answer,  # noqa: S310 - https, fixed above
            replacing(path) as file,
        ):
            file.write(answer.read())
    except OSError as error:
        raise ModelError(
            f"LPIPS needs {path.name}, which could not be fetched from {address} ({error}); put it "
            f"into {path.parent} by hand, or name its folder in the variable {WEIGHTS_VARIABLE}"
        ) from error
