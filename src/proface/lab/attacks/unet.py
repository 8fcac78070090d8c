"""The network of the learning attackers, and how it is trained: a U-Net that knows no key.

It has six times the parameters of the paper's network. It sees the picture's Haar bands,
where it has a quarter of the places to look at and hidden details stand apart from the smooth part,
and says how the original differs. One training serves `learned_decoder` and `restoration`.
"""

import itertools
import math
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from tqdm import tqdm

from ...arrays import Picture
from ...errors import ModelError
from ...files.atomic import replacing
from ..data.pictures import to_pictures, to_tensor
from ..evaluation.metrics import psnr
from ..network.wavelet import dwt, iwt

Curve = list[tuple[int, float]]
"""Step, and mean PSNR in dB of the validation faces."""
_DETAIL_GAIN = 16
"""Hidden details have one or two grey levels; so magnified they count as much as the picture."""
_CHECKPOINT_SECONDS = 60
_BATCH = 20


class Block(nn.Module):
    """A residual block of two 3 x 3 convolutions."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(channels, channels, 3, padding=1)
        self.second = nn.Conv2d(channels, channels, 3, padding=1)
        # Blocks begin as the identity, so that depth costs no warm-up.
        nn.init.zeros_(self.second.weight)

    def forward(self, features: Tensor) -> Tensor:
        """B x channels x h x w to the same."""
        inner = nn.functional.leaky_relu(self.first(features), 0.1)
        correction: Tensor = self.second(inner)
        return features + correction


class UNet(nn.Module):
    """Any picture to its original, as well as that can be guessed; 6.5 million parameters.

    ``widths`` are the channels of the levels, each of half the side of the one above it;
    ``blocks`` the residual blocks of a level, on the way down and again on the way up.
    """

    def __init__(self, widths: tuple[int, ...] = (48, 96, 192, 256), blocks: int = 2) -> None:
        super().__init__()
        self.multiple = 2 ** len(widths)
        """The picture's sides are divisible by this."""
        steps = list(itertools.pairwise(widths))
        self.enter = nn.Conv2d(21, widths[0], 5, padding=2)
        self.down = nn.ModuleList(_stack(width, blocks) for width in widths)
        self.shrink = nn.ModuleList(nn.Conv2d(a, b, 2, stride=2) for a, b in steps)
        self.grow = nn.ModuleList(nn.ConvTranspose2d(b, a, 2, stride=2) for a, b in steps)
        self.up = nn.ModuleList(_stack(width, blocks) for width in widths[:-1])
        self.leave = nn.Conv2d(widths[0], 12, 3, padding=1)
        nn.init.zeros_(self.leave.weight)
        nn.init.zeros_(self.leave.bias)  # type: ignore[arg-type]

    def forward(self, picture: Tensor) -> Tensor:
        """Guess originals; both B x 3 x H x W in about [-1, 1], sides divisible by ``multiple``."""
        with torch.autocast(picture.device.type, enabled=False):
            # Not in bfloat16, which has 8 bits and would round hidden details away.
            bands = dwt(picture)
            details = (bands[:, 3:] * _DETAIL_GAIN).clamp(-2, 2)
            features = self.enter(torch.cat((bands, details), dim=1))
        skipped = []
        for level, shrink in zip(self.down, self.shrink, strict=False):
            features = level(features)
            skipped.append(features)
            features = shrink(features)
        features = self.down[-1](features)
        for level, grow, beside in reversed(list(zip(self.up, self.grow, skipped, strict=True))):
            features = level(grow(features) + beside)
        with torch.autocast(picture.device.type, enabled=False):
            return picture + iwt(self.leave(features.float()))


def _stack(width: int, blocks: int) -> nn.Sequential:
    return nn.Sequential(*(Block(width) for _ in range(blocks)))


@dataclass(frozen=True)
class Schedule:
    """How a network is trained; equal for every input, so that results compare."""

    steps: int
    seed: int = 0
    batch: int = 8
    sides: tuple[int, ...] = (64, 80, 96, 112)
    """Of the square crops, in pixels; drawn for every step."""
    rate: float = 5e-4
    warmup: int = 100
    mirror: bool = False
    """Whether crops are mirrored half the time. What a network has hidden looks different when
    mirrored, and no published face is, so that it would only burden the attacker."""
    validate_every: int = 250
    widths: tuple[int, ...] = (48, 96, 192, 256)
    blocks: int = 2

    def rate_at(self, step: int) -> float:
        """Learning rate: a linear warm-up, then half a cosine down to a hundredth."""
        rising = min(1.0, (step + 1) / self.warmup)
        along = min(1.0, step / self.steps)
        return self.rate * rising * (0.01 + 0.99 * (1 + math.cos(math.pi * along)) / 2)


@dataclass(frozen=True)
class PicturePairs:
    """Pairs of pictures to learn from, or to validate on; both uint8, N x H x W x 3."""

    inputs: Picture
    targets: Picture
    target_of: NDArray[np.intp]
    """For each input the index of its target; several inputs may share one."""

    def batch(self, schedule: Schedule, step: int) -> tuple[Tensor, Tensor]:
        """Random crops, B x 3 x side x side in [-1, 1]; a function of seed and step alone."""
        generator = np.random.default_rng([schedule.seed, step])
        height, width = self.inputs.shape[1:3]
        side = int(generator.choice(schedule.sides))
        chosen = generator.integers(len(self.inputs), size=schedule.batch)
        inputs, targets = [], []
        for index in chosen:
            top, left = generator.integers(0, (height - side + 1, width - side + 1))
            # Whole wavelet and pixelation blocks stay where they are in a whole face.
            top, left = top // 2 * 2, left // 2 * 2
            turn = -1 if schedule.mirror and generator.random() < 0.5 else 1
            window = np.s_[top : top + side, left : left + side]
            inputs.append(self.inputs[index][window][:, ::turn])
            targets.append(self.targets[self.target_of[index]][window][:, ::turn])
        return to_tensor(np.stack(inputs)), to_tensor(np.stack(targets))


def train(
    pool: PicturePairs,
    validation: PicturePairs,
    schedule: Schedule,
    checkpoint: Path,
    threads: int = 0,
    start: UNet | None = None,
) -> tuple[UNet, Curve]:
    """Train a network, or go on where a killed training was.

    Args:
        pool: to learn from.
        validation: other faces, for the curve.
        schedule: settings.
        checkpoint: file that is kept up to date, and read first if it is there.
        threads: of torch; 0 for as many as there are cores.
        start: a network of the same shape to go on from, left as it is; None for a new one.

    Returns:
        The network, ready for use, and its learning curve.

    Raises:
        ModelError: the checkpoint has another schedule, or the loss is not finite.
    """
    if threads:
        torch.set_num_threads(threads)
    torch.manual_seed(schedule.seed)
    network = UNet(schedule.widths, schedule.blocks)
    if start is not None:
        network.load_state_dict(start.state_dict())
    network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    optimizer = torch.optim.Adam(network.parameters(), lr=schedule.rate)
    run = _Run(network, optimizer, schedule, checkpoint)
    step = run.resume()
    saved = time.monotonic()
    bar = tqdm(total=schedule.steps, initial=step, unit="step", desc=checkpoint.stem)
    while step < schedule.steps:
        run.update(*pool.batch(schedule, step), step)
        step += 1
        bar.update()
        last = step == schedule.steps
        if step % schedule.validate_every == 0 or last:
            run.curve.append((step, validate(network, validation)))
            bar.set_postfix(psnr=f"{run.curve[-1][1]:.2f}")
        if last or time.monotonic() - saved > _CHECKPOINT_SECONDS:
            run.save(step)
            saved = time.monotonic()
    bar.close()
    return network.eval(), run.curve


class _Run:
    """A training's state, and the file that keeps it."""

    def __init__(
        self, network: UNet, optimizer: torch.optim.Adam, schedule: Schedule, path: Path
    ) -> None:
        self.network, self.optimizer = network, optimizer
        self.schedule, self.path = schedule, path
        self.curve: Curve = []

    def update(self, picture: Tensor, original: Tensor, step: int) -> None:
        for group in self.optimizer.param_groups:
            group["lr"] = self.schedule.rate_at(step)
        picture = picture.contiguous(memory_format=torch.channels_last)
        with torch.autocast("cpu", torch.bfloat16, enabled=_has_bfloat16()):
            guess = self.network(picture)
        # Charbonnier: L1, but smooth at zero.
        loss = torch.sqrt((guess - original) ** 2 + 1e-6).mean()
        self.optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        norm = nn.utils.clip_grad_norm_(self.network.parameters(), 0.1)
        if not torch.isfinite(norm):
            raise ModelError(f"the attacker's loss is not finite at step {step}")
        self.optimizer.step()

    def save(self, step: int) -> None:
        """Replace the checkpoint; a kill leaves the old one or the new one."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        state = {
            "step": step,
            "schedule": repr(asdict(self.schedule)),
            "curve": self.curve,
            "network": self.network.state_dict(),
            "optimizer": self.optimizer.state_dict(),
        }
        with replacing(self.path) as file:
            torch.save(state, file)

    def resume(self) -> int:
        """Load the checkpoint if there is one; the step to go on with."""
        if not self.path.exists():
            return 0
        state = torch.load(self.path, weights_only=True)
        if state["schedule"] != repr(asdict(self.schedule)):
            raise ModelError(f"{self.path} is of a training with other settings; delete it")
        self.network.load_state_dict(state["network"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.curve = [(int(step), float(value)) for step, value in state["curve"]]
        return int(state["step"])


@torch.inference_mode()
def restore(network: UNet, pictures: Picture) -> Picture:
    """The network's guess at the originals of uint8 pictures, N x H x W x 3; the same shape.

    H and W are divisible by the network's ``multiple``.
    """
    starts = range(0, len(pictures), _BATCH)
    with torch.autocast("cpu", torch.bfloat16, enabled=_has_bfloat16()):
        guesses = (network(to_tensor(pictures[start : start + _BATCH])) for start in starts)
        return np.concatenate([to_pictures(guess) for guess in guesses])


def validate(network: UNet, faces: PicturePairs) -> float:
    """Mean PSNR in dB of the network's guesses at a pool's targets."""
    return float(psnr(restore(network, faces.inputs), faces.targets[faces.target_of]).mean())


def _has_bfloat16() -> bool:
    """Whether the processor multiplies in bfloat16; emulated, that is slower than float32."""
    check: Callable[[], bool] = torch.cpu._is_avx512_bf16_supported
    return check()
