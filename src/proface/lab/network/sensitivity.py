"""What an error in a protected picture becomes in the recovered one, and rounding by it.

Of a patch of the protected picture, the sensitivity is the mean of J^T J, J being the derivative of
everything recovered by the values of the patch. It is measured with random signs v: the mean of
(J^T v)(J^T v)^T is that of J^T J (Hutchinson 1990). It hardly differs from face to face, so a
network has one.
"""

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from ...arrays import Floats
from ...obfuscators.swapping import average_faces
from ...profile.trained.hardened import PAYLOAD_SCALE
from ...profile.trained.model_card import FlowKind
from ...profile.trained.pilots import CHANNELS
from ...profile.trained.residual import AMPLIFICATION, USUAL
from ...profile.trained.rounding import PATCH, Rounding
from ..data.obfuscation import obfuscate_in_turn
from ..data.pictures import random_key_maps, to_tensor
from .model import ProFaceS
from .wavelet import dwt, iwt

LEVELS = 127.5
"""Grey levels of 255 in a unit of pictures in [-1, 1]."""
CONTENT_WEIGHT = AMPLIFICATION * USUAL / float(PAYLOAD_SCALE) ** 2
"""Squared grey levels that a unit of squared error in the payload becomes in the recovered face."""
_OBFUSCATORS = ("gaussian", "pixelate", "median")
_PROBES = 3
_SIDE = 96


@torch.enable_grad()
def sensitivity(network: ProFaceS, flow: FlowKind, patch: int = PATCH) -> Floats:
    """Measure a network on the average faces that come with the program, in patches of this side.

    Returns:
        3 patch^2 x 3 patch^2, squared levels recovered for a squared level protected; the same for
        the same network, whose own gradients are left alone.
    """
    device = next(network.parameters()).device
    generator = torch.Generator().manual_seed(0)
    original, obfuscated = _faces()
    count = len(original)
    secret = dwt(random_key_maps(count, _SIDE, _SIDE, generator)).to(device)
    payload = torch.randn(count, 12, _SIDE // 2, _SIDE // 2, generator=generator)
    payload[:, : 12 - CHANNELS] = 0
    payload *= float(PAYLOAD_SCALE) * USUAL**0.5
    x = dwt(original) if flow == "paper" else payload
    with torch.no_grad():
        _, y = network.couple(x.to(device), dwt(obfuscated).to(device), secret)
    protected = iwt(y).requires_grad_()
    recovered = _recovered(flow, *network.uncouple(dwt(protected), secret))
    total: Floats = np.zeros((3 * patch**2,) * 2, np.float32)
    for _ in range(_PROBES):
        signs = torch.randint(0, 2, recovered.shape, generator=generator).to(device) * 2 - 1
        (gradient,) = torch.autograd.grad(recovered, protected, signs, retain_graph=True)
        patches = functional.pixel_unshuffle(gradient, patch).transpose(0, 1).flatten(1)
        total += (patches @ patches.T / patches.shape[1]).cpu().numpy()
    return (total + total.T) / np.float32(2 * _PROBES)


def rounding_of(network: ProFaceS, flow: FlowKind) -> Rounding:
    """The rounding that harms a network's recovery least."""
    return Rounding.of(sensitivity(network, flow))


def _faces() -> tuple[Tensor, Tensor]:
    """Average faces and their obfuscated forms, N x 3 x side x side."""
    low = (average_faces.SIDE - _SIDE) // 2
    centre = slice(low, low + _SIDE)
    faces = np.stack([face.pixels[centre, centre] for face in average_faces.load()])
    return to_tensor(faces), to_tensor(obfuscate_in_turn(faces, _OBFUSCATORS))


def _recovered(flow: FlowKind, x: Tensor, y: Tensor) -> Tensor:
    """Everything recovered, so scaled that squared errors are those of the face's values."""
    if flow == "paper":
        return x
    content = x[:, 12 - CHANNELS :] * (CONTENT_WEIGHT * 12 / CHANNELS) ** 0.5 / LEVELS
    return torch.cat((content, y), 1)
