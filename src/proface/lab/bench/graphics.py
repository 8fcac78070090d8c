"""The paper's Table V on a CUDA card: 16 faces of 112 x 112 blurred and protected at once.

The paper needed 0.014 s on an RTX 3090. Here blur and network are one CUDA graph: recorded once,
replayed without the processor's help. Half precision is judged beside the time, by the PSNR of
what float32 recovers.
"""

import copy
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from ...profile.quality import PEAK, decibels
from ..data.pictures import random_key_maps
from ..device import capture
from ..network.graphs import ProtectGraph
from ..network.model import ProFaceS, round_to_8_bits
from .timing import in_turn
from .unit import shipped_network

FACES, SIDE = 16, 112
PAPER_SECONDS = 0.014
_SIGMA = 8.0
_KERNEL = 21
"""The paper's blur."""


class BlurAndProtect(nn.Module):
    """Originals to protected pictures, B x 3 x H x W in [-1, 1]; unrounded."""

    kernel: Tensor

    def __init__(self, network: ProFaceS) -> None:
        super().__init__()
        self.graph = ProtectGraph(network)
        taps = torch.exp(-0.5 * ((torch.arange(_KERNEL) - _KERNEL // 2) / _SIGMA) ** 2)
        self.register_buffer("kernel", (taps / taps.sum()).expand(3, 1, 1, _KERNEL).contiguous())

    def forward(self, original: Tensor, key_map: Tensor) -> Tensor:
        """Blur as `filters.gaussian_blur` does, but unrounded; keep the original in it."""
        margin = _KERNEL // 2
        padded = nn.functional.pad(original, (margin,) * 4, mode="reflect")
        across = nn.functional.conv2d(padded, self.kernel, groups=3)
        blurred = nn.functional.conv2d(across, self.kernel.transpose(2, 3), groups=3)
        protected: Tensor = self.graph(original, blurred, key_map)
        return protected


def measure(seed: int) -> dict[str, Any]:
    """Time the unit in eager float32, and as a CUDA graph in each precision, compiled or not.

    Returns:
        ``skipped`` with a reason where there is no card.
    """
    if not torch.cuda.is_available():
        return {"skipped": "there is no CUDA card"}
    device = torch.device("cuda")
    network = shipped_network()
    inputs = unit_inputs(seed)
    module = BlurAndProtect(network).to(device)
    given = [each.to(device) for each in inputs]
    contestants: dict[str, Callable[[], object]] = {"eager float32": _eager(module, given)}
    quality: dict[str, float | str] = {"eager float32": _recovered(network, module, inputs)}
    for precision in (torch.float32, torch.float16, torch.bfloat16):
        for compiled in (False, True):
            short = str(precision).removeprefix("torch.")
            name = f"{'compiled, ' if compiled else ''}CUDA graph {short}"
            try:
                fast = prepared(network, precision, device, compiled)
                contestants[name] = recorded(fast, [each.to(device, precision) for each in inputs])
                quality[name] = _recovered(network, fast, inputs, precision)
            except Exception as error:  # a compiler may be missing; the others still count
                quality[name] = f"failed: {type(error).__name__}: {str(error)[:200]}"
    timings = in_turn({name: _finished(run) for name, run in contestants.items()}, runs=100)
    return {
        "faces": FACES,
        "side": SIDE,
        "card": torch.cuda.get_device_name(),
        "paper_seconds": PAPER_SECONDS,
        "seconds": {name: (timing.median, *timing.quartiles) for name, timing in timings.items()},
        "recovered_psnr": quality,
    }


def unit_inputs(seed: int) -> list[Tensor]:
    """Sixteen smooth random pictures, and their key maps."""
    generator = torch.Generator().manual_seed(seed)
    coarse = torch.rand(FACES, 3, 14, 14, generator=generator) * 2 - 1
    smooth = nn.functional.interpolate(coarse, (SIDE, SIDE), mode="bicubic").clamp(-1, 1)
    return [smooth, random_key_maps(FACES, SIDE, SIDE, generator)]


def prepared(
    network: ProFaceS, precision: torch.dtype, device: torch.device, compiled: bool
) -> nn.Module:
    """The unit in a precision, weights in the layout that convolutions like best."""
    module: nn.Module = BlurAndProtect(copy.deepcopy(network)).to(device, precision)
    module = module.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    return torch.compile(module, dynamic=False) if compiled else module  # type: ignore[return-value]


def recorded(module: nn.Module, inputs: list[Tensor]) -> Callable[[], object]:
    """Record one call as a CUDA graph; what is returned replays it on the same memory."""
    with torch.inference_mode():
        return capture(lambda: module(*inputs))[0].replay


@torch.inference_mode()
def _recovered(
    network: ProFaceS,
    module: nn.Module,
    inputs: list[Tensor],
    precision: torch.dtype = torch.float32,
) -> float:
    """PSNR in dB of what float32 recovers on the processor, through 8 bits."""
    device = next(module.parameters()).device
    protected = module(*(each.to(device, precision) for each in inputs)).float().cpu()
    recovered = network.inverse(round_to_8_bits(protected), inputs[1])[0]
    error = (round_to_8_bits(recovered) - inputs[0]).square().mean()
    return round(decibels(float(error) * (PEAK / 2) ** 2), 2)


def _eager(module: nn.Module, inputs: list[Tensor]) -> Callable[[], object]:
    def run() -> object:
        with torch.inference_mode():
            return module(*inputs)

    return run


def _finished(run: Callable[[], object]) -> Callable[[], object]:
    """A run that ends when the card has finished."""

    def finished() -> None:
        run()
        torch.cuda.synchronize()

    return finished
