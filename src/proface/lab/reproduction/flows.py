"""The networks that are measured: installed profiles, and variants trained for a table."""

from typing import Any

import numpy as np
import torch

from ...arrays import Floats, Picture
from ...keys import FaceKey, PictureKey
from ...profile.trained.flow import face_keys
from ...profile.trained.hardened import Hardened
from ...profile.trained.model_card import Architecture
from ...profile.trained.paper import key_maps
from ...profile.trained.rounding import NEAREST, Rounding
from ...profile.trained.shuffle import Shuffle
from ..data.pictures import to_pictures, to_tensor
from ..device import best_device
from ..evaluation.evaluate import FlowLike
from ..evaluation.sealed_flow import SealedFlow, open_flow
from ..network.flow import TorchFlow, TorchNetwork
from ..network.installed import load_torch
from ..network.model import ProFaceS
from ..network.sensitivity import rounding_of
from ..training.recipe import Recipe

GREY = 127.5


def open_profile(name: str) -> tuple[FlowLike, dict[str, str]]:
    """An installed profile, and the SHA-256 of its files (none of `sealed`).

    It runs as in the application, or in torch where there is a GPU.

    Raises:
        ModelError: the profile is unknown or damaged.
    """
    flow, device = open_flow(name), best_device()
    if isinstance(flow, SealedFlow):
        return flow, {}
    card, digests = flow.card, dict(flow.card.sha256)
    if device.type == "cpu":
        return flow, digests
    return TorchFlow(load_torch(name), card.flow, card.wrong_recovery, device), digests


def flow_of(network: ProFaceS, recipe: Recipe, residual: bool = True) -> FlowLike:
    """A network that a recipe trained, used as the recipe wants.

    ``residual`` is of the hardened flow; without it, the face itself is kept.
    """
    device = best_device()
    rounding = rounding_of(network, recipe.flow) if recipe.shaped else NEAREST
    if recipe.flow == "hardened":
        runner = TorchNetwork(network, "hardened", device)
        architecture = Architecture(**network.architecture.as_dict())  # type: ignore[arg-type]
        kind = Shown if residual else WithoutResidual
        kind = kind if recipe.shuffle else WithoutShuffle
        return HardenedFlow(kind(runner, architecture, rounding, recipe.corrections))
    if recipe.noise_for_lost:
        return NoiseFlow(network, device, rounding)
    return TorchFlow(network, "paper", device=device, rounding=rounding)


class HardenedFlow:
    """The steps of a hardened flow behind the calls of `proface.Flow`."""

    def __init__(self, steps: Hardened) -> None:
        self._steps = steps

    def protect(
        self, original: Picture, obfuscated: Picture, key: PictureKey, face: int
    ) -> Picture:
        """See `proface.Flow.protect`; uint8, N x H x W x 3."""
        return self._steps.protect(original, obfuscated, face_keys(key, face, len(original)))

    def recover(self, protected: Picture, key: PictureKey, face: int) -> Picture:
        """See `proface.Flow.recover`; uint8, N x H x W x 3."""
        return self._steps.recover(protected, face_keys(key, face, len(protected)))


class Shown(Hardened):
    """The hardened flow without its manners: a wrong key is shown what an attacker sees."""

    def rebuild(self, values: Floats, estimate: Floats, known: Floats) -> tuple[Floats, float]:
        """Whatever comes out."""
        return super().rebuild(values, estimate, known)[0], 1.0


class _Unshuffled(Shuffle):
    """Leaves everything in its place."""

    def apply(self, values: Floats) -> Floats:
        return values

    def undo(self, shuffled: Floats) -> Floats:
        return shuffled


class WithoutShuffle(Shown):
    """The residual's coefficients are hidden as they are; the key map alone is secret."""

    def shuffle(self, key: FaceKey, height: int, width: int) -> Shuffle:
        """None."""
        nothing: Any = np.zeros(0, np.int8)
        return _Unshuffled(nothing, nothing, nothing, nothing)


class WithoutResidual(Shown):
    """The face itself is hidden, less an even grey; what everyone sees is not made use of."""

    def values(self, original: Picture, found: Picture | Floats, key: FaceKey) -> Floats:
        """See `Hardened.values`."""
        grey = np.full(original.shape, GREY, np.float32)
        return super().values(original, grey, key)

    def rebuild(self, values: Floats, estimate: Floats, known: Floats) -> tuple[Floats, float]:
        """See `Hardened.rebuild`."""
        return super().rebuild(values, np.full_like(estimate, GREY), known)


class NoiseFlow:
    """The paper's flow with Gaussian noise for the lost X[N+1]."""

    def __init__(self, network: ProFaceS, device: torch.device, rounding: Rounding) -> None:
        self._network = network.to(device).eval()
        self._rounding = rounding
        self._device = device

    @torch.inference_mode()
    def protect(
        self, original: Picture, obfuscated: Picture, key: PictureKey, face: int
    ) -> Picture:
        """See `proface.Flow.protect`; uint8, N x H x W x 3, H and W even."""
        keys = face_keys(key, face, len(original))
        maps = torch.from_numpy(key_maps(keys, *original.shape[1:3]))
        inputs = (to_tensor(original), to_tensor(obfuscated), maps)
        protected, _ = self._network(*(each.to(self._device) for each in inputs))
        return self._rounding.to_bytes(protected.cpu().numpy())

    @torch.inference_mode()
    def recover(self, protected: Picture, key: PictureKey, face: int) -> Picture:
        """See `proface.Flow.recover`; the noise is the same for the same face index."""
        count, height, width, _ = protected.shape
        maps = torch.from_numpy(key_maps(face_keys(key, face, count), height, width))
        generator = torch.Generator().manual_seed(face)
        noise = torch.randn((count, 12, height // 2, width // 2), generator=generator)
        inputs = (to_tensor(protected), maps, noise)
        return to_pictures(self._network.inverse(*(each.to(self._device) for each in inputs))[0])
