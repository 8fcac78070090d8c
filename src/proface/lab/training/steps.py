"""How training takes a step: on samples as they come, or on a pool of them, as one CUDA graph."""

import math
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any, Protocol

import torch
from torch import Tensor, nn

from ...errors import ModelError
from ..data.pictures import random_key_maps
from ..device import capture
from .distributed import Process
from .objective import Keys, StepObjective
from .payloads import noise_payload, payload_of, payload_shape
from .recipe import Recipe
from .rounding_noise import RoundingNoise
from .sample_pool import SamplePool
from .samples import Stretch, TrainingFaces, loader_of


class Steps(Protocol):
    """Updates of a network."""

    def take(self, step: int) -> None:
        """One update, counted from 0.

        Raises:
            ModelError: the loss is not finite.
        """

    def figures(self) -> dict[str, float]:
        """Losses, rate and gradient norm of the last step; every process must ask.

        Raises:
            ModelError: the loss is not finite.
        """


class LoadedSteps:
    """Steps on samples that loaders make meanwhile; the same however often they are taken."""

    def __init__(
        self,
        faces: TrainingFaces,
        stretch: Stretch,
        workers: int,
        objective: StepObjective,
        optimizer: torch.optim.Optimizer,
        process: Process,
    ) -> None:
        share = stretch.batch // stretch.ranks
        self._samples: Iterator[Any] = iter(loader_of(faces, share, stretch, workers))
        self._objective, self._optimizer, self._process = objective, optimizer, process
        self._recipe = objective.recipe
        self._figures: dict[str, float] = {}

    def take(self, step: int) -> None:
        """See `Steps.take`."""
        original, obfuscated = next(self._samples)
        process, recipe = self._process, self._recipe
        rate = recipe.rate(step)
        for group in self._optimizer.param_groups:
            group["lr"] = rate
        keys = self._keys(original, self._generator(step, 0))
        # A payload may be drawn too, and must then differ from process to process.
        own = self._generator(step, 1 + process.rank)
        payload = payload_of(recipe, original, obfuscated, own)
        losses = _losses(
            self._objective, process, _place(payload, process), _place(obfuscated, process), keys
        )
        self._optimizer.zero_grad()
        torch.autograd.backward(losses["total"])
        process.average_gradients(self._objective.network)
        norm = _clip(self._objective.network, recipe)
        self._figures = _finite({"gradient": norm.item(), "rate": rate}, step)
        self._optimizer.step()
        self._figures |= {name: value.item() for name, value in losses.items()}

    def figures(self) -> dict[str, float]:
        """See `Steps.figures`."""
        return self._process.mean(self._figures)

    def _generator(self, step: int, stream: int) -> torch.Generator:
        """The same for a step and a stream however often the step is taken."""
        return torch.Generator().manual_seed(((self._recipe.seed * 10**9 + step) << 8) + stream)

    def _keys(self, batch: Tensor, generator: torch.Generator) -> Keys:
        """Fresh right and wrong keys: drawn for all processes, of which each takes its share."""
        count, _, height, width = batch.shape
        wrongs = _wrongs(self._recipe, count)
        ranks, share = self._process.ranks, self._process.share
        right = share(random_key_maps(count * ranks, height, width, generator))
        wrong = share(random_key_maps(wrongs * ranks, height, width, generator))
        device, lost = self._process.device, None
        if self._recipe.noise_for_lost:
            shape = ((count + wrongs) * ranks, 12, height // 2, width // 2)
            lost = share(torch.randn(shape, generator=generator)).to(device)
        return Keys(right.to(device), wrong.to(device), lost)


class PooledSteps:
    """Steps on samples drawn from pools, with nothing left to the processor.

    On a GPU, a step of each size is captured as a CUDA graph, so that its thousands of small
    kernels need not be started one by one. All that is random is drawn there too. Rounding is
    stood for by noise.
    """

    def __init__(
        self,
        pools: Mapping[int, SamplePool],
        objective: StepObjective,
        optimizer: torch.optim.Optimizer,
        process: Process,
    ) -> None:
        self._objective, self._optimizer, self._process = objective, optimizer, process
        self._recipe = objective.recipe
        self._pools = pools
        objective.noise = RoundingNoise().to(process.device)
        self._rate = torch.zeros((), device=process.device)
        for group in optimizer.param_groups:
            group["lr"] = self._rate
        self._figures: dict[str, Tensor] = {}
        self._step = 0
        captured = process.device.type == "cuda"
        torch.backends.cudnn.benchmark |= captured
        # The rate is still 0 while a step is recorded.
        self._graphs = (
            {size: capture(partial(self._update, size)) for size in pools} if captured else {}
        )

    def take(self, step: int) -> None:
        """See `Steps.take`; a loss that is not finite is noticed by `figures` alone."""
        self._step = step
        self._rate.fill_(self._recipe.rate(step))
        size = self._recipe.sizes[step % len(self._recipe.sizes)]
        if size in self._graphs:
            graph, self._figures = self._graphs[size]
            graph.replay()
        else:
            self._figures = self._update(size)

    def figures(self) -> dict[str, float]:
        """See `Steps.figures`."""
        return _finite({name: value.item() for name, value in self._figures.items()}, self._step)

    def _update(self, size: int) -> dict[str, Tensor]:
        """One update; returns its figures on the device."""
        recipe, device = self._recipe, self._process.device
        original, obfuscated, deviation = self._pools[size].draw(recipe.batch)
        payload = original
        if recipe.flow == "hardened":
            shape = (len(original), *payload_shape(original))
            spread, noise = torch.randn_like(deviation), torch.randn(shape, device=device)
            payload = noise_payload(deviation, spread, noise)
        keys = self._keys(len(original), size)
        losses = _losses(self._objective, self._process, payload, obfuscated, keys)
        self._optimizer.zero_grad()
        torch.autograd.backward(losses["total"])
        norm = _clip(self._objective.network, recipe)
        self._optimizer.step()
        detached = {name: value.detach() for name, value in losses.items()}
        return {"gradient": norm, "rate": self._rate} | detached

    def _keys(self, count: int, size: int) -> Keys:
        wrongs, device = _wrongs(self._recipe, count), self._process.device
        maps = random_key_maps(count + wrongs, size, size, device=device)
        lost = None
        if self._recipe.noise_for_lost:
            lost = torch.randn(count + wrongs, 12, size // 2, size // 2, device=device)
        return Keys(maps[:count], maps[count:], lost)


def _losses(
    objective: StepObjective, process: Process, payload: Tensor, obfuscated: Tensor, keys: Keys
) -> dict[str, Tensor]:
    faster = process.bfloat16 and objective.recipe.bfloat16
    with torch.autocast(process.device.type, torch.bfloat16, enabled=faster):
        losses: dict[str, Tensor] = objective(payload, obfuscated, keys)
    return losses


def _wrongs(recipe: Recipe, count: int) -> int:
    """How many of a batch are recovered with a wrong key too."""
    return max(1, round(count * recipe.wrong_share))


def _clip(network: nn.Module, recipe: Recipe) -> Tensor:
    """Bound the gradient's norm; returns what it was."""
    return nn.utils.clip_grad_norm_(network.parameters(), recipe.clip or float("inf"))


def _finite(figures: dict[str, float], step: int) -> dict[str, float]:
    if not math.isfinite(figures["gradient"]):
        raise ModelError(
            f"the loss is not finite at step {step}; resume from the last checkpoint with a "
            "lower rate"
        )
    return figures


def _place(batch: Tensor, process: Process) -> Tensor:
    return batch.to(process.device, memory_format=torch.channels_last, non_blocking=True)
