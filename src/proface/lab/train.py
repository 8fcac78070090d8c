"""The training loop: resumable, logged, checked as it goes, on one process or many.

A run is a folder:

    recipe.json       every setting
    checkpoint.pt     network, optimiser and step, replaced every few minutes
    log.jsonl         a line for every report, with losses, rate and seconds
    validation.jsonl  a line for every validation, PSNR through 8 bits
    curves.png        losses and validation over the steps
    samples-*.png     validation faces: original, obfuscated, protected, recovered, wrong key
    covers/           training faces that slow obfuscators made beforehand
    weights.safetensors   at the end
"""

import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn
from torch.utils.data import DataLoader
from tqdm import tqdm

from ..engines import Floats
from ..errors import ModelError
from ..rounding import Rounding
from .covers import prepare_covers
from .curves import draw
from .data import Stretch, TrainingFaces, list_pictures, random_key_maps
from .distributed import Process
from .export import load_network
from .network import ProFaceS
from .objective import HardenedObjective, Keys, Objective, StepObjective, what_is_hidden
from .perceptual import Lpips
from .recipe import Recipe, settings_of
from .saving import History, save_weights
from .sensitivity import sensitivity
from .validation import Validation

CHECKPOINT_SECONDS = 180
REPORT_STEPS = 20
MEASURE_STEPS = 500
"""Between two measurements of the sensitivity, where rounding goes by it."""
WEIGHTS_SUFFIX = ".safetensors"
"""By which finished weights to start from are told from a checkpoint."""


@dataclass(frozen=True)
class Run:
    """Where a run reads and writes."""

    data: Path
    """Folder of training faces."""
    out: Path
    """Folder of the run."""
    validation: Path | None = None
    """Folder of validation faces; the first training faces if None."""
    validation_crop: float = 0.65
    """Share of a validation picture's side that the face takes."""
    validate_every: int = 250
    """Steps between validations."""
    workers: int = 0
    """Loader processes for each training process."""
    kept_covers: Path | None = None
    """Folder of faces obfuscated beforehand, which runs may share; None for one in ``out``."""

    @property
    def checkpoint(self) -> Path:
        """The file that training resumes from."""
        return self.out / "checkpoint.pt"

    @property
    def covers(self) -> Path:
        """Folder of the faces obfuscated beforehand."""
        return self.kept_covers or self.out / "covers"

    @property
    def weights(self) -> Path:
        """The finished weights."""
        return self.out / "weights.safetensors"


def train(run: Run, recipe: Recipe, start_from: Path | None = None) -> Path:
    """Train a network, or go on with a run that was killed.

    Args:
        run: folders and intervals.
        recipe: settings; on resuming it must be the one the run began with.
        start_from: another run's checkpoint or weights to begin with, if the run is new.

    Returns:
        The finished weights, safetensors.

    Raises:
        ModelError: the run's folder was begun with another recipe, or the loss is not finite.
        PictureError: the data folder holds no pictures.
    """
    process = Process.join()
    device = process.device
    torch.manual_seed(recipe.seed)
    network = ProFaceS(recipe.architecture)
    network = network.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    objective: StepObjective = (
        HardenedObjective(network, recipe)
        if recipe.flow == "hardened"
        else Objective(network, Lpips().to(device), recipe)
    )
    optimizer = torch.optim.Adam(network.parameters(), lr=recipe.learning_rate)
    step, history, measured = _resume(run, recipe, network, optimizer, start_from)
    if process.first:
        run.out.mkdir(parents=True, exist_ok=True)
        settings = recipe.as_dict() | {"start_from": str(start_from) if start_from else None}
        (run.out / "recipe.json").write_text(json.dumps(settings, indent=2) + "\n")
    pictures = list_pictures(run.data)
    if process.first:
        prepare_covers(pictures, recipe.obfuscators, run.covers)
    process.wait()
    faces = TrainingFaces(
        pictures,
        recipe.obfuscators,
        recipe.crop,
        recipe.sizes,
        recipe.batch,
        recipe.face_sizes,
        recipe.seed,
        run.covers,
    )
    stretch = Stretch(step, recipe.steps, recipe.batch, process.rank, process.ranks)
    loader = DataLoader(
        faces, recipe.batch // process.ranks, sampler=stretch, num_workers=run.workers
    )
    validation = Validation.of(run.validation or run.data, run.validation_crop, recipe)
    trainer = Trainer(run, recipe, process, network, objective, optimizer, history, measured)
    trainer.go(loader, step, validation)
    if process.first:
        save_weights(network, recipe, history, run.weights)
    process.leave()
    return run.weights


@dataclass
class Trainer:
    """The loop itself, over objects that `train` has made."""

    run: Run
    recipe: Recipe
    process: Process
    network: ProFaceS
    objective: StepObjective
    optimizer: torch.optim.Optimizer
    history: History
    measured: Floats | None
    """The sensitivity by which what is published is rounded, once it is known."""

    def go(self, loader: DataLoader[Any], step: int, validation: Validation) -> None:
        """Take the remaining steps."""
        began = saved = time.monotonic()
        bar = tqdm(
            total=self.recipe.steps, initial=step, unit="step", disable=not self.process.first
        )
        if self.measured is not None:
            self.objective.rounding = Rounding.of(self.measured)
        for original, obfuscated in loader:
            if self.recipe.shaped and (self.measured is None or step % MEASURE_STEPS == 0):
                self._measure()
            figures = self.step(original, obfuscated, step)
            step += 1
            bar.update()
            if not self.process.first:
                continue
            last = step == self.recipe.steps
            validate = step % self.run.validate_every == 0 or last
            if step % REPORT_STEPS == 0 or validate:
                bar.set_postfix({name: f"{value:.3f}" for name, value in figures.items()})
                seconds = round(time.monotonic() - began, 1)
                self._log("log.jsonl", {"step": step, "seconds": seconds} | figures)
            if time.monotonic() - saved > CHECKPOINT_SECONDS or last:
                self._save(step)
                saved = time.monotonic()
            if validate:
                self._validate(step, validation)
        bar.close()

    def step(self, original: torch.Tensor, obfuscated: torch.Tensor, step: int) -> dict[str, float]:
        """One update; returns its losses, rate and gradient norm."""
        device = self.process.device
        rate = self.recipe.rate(step)
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        keys = self._keys(original, self._generator(step, 0))
        # What is hidden may be drawn too, and must then differ from process to process.
        own = self._generator(step, 1 + self.process.rank)
        hidden = what_is_hidden(self.recipe, original, obfuscated, own)
        faster = self.process.bfloat16 and self.recipe.bfloat16
        with torch.autocast(device.type, torch.bfloat16, enabled=faster):
            values = self.objective(_place(hidden, device), _place(obfuscated, device), keys)
        self.optimizer.zero_grad()
        values["total"].backward()
        self.process.average_gradients(self.network)
        norm = nn.utils.clip_grad_norm_(self.network.parameters(), self.recipe.clip or float("inf"))
        if not torch.isfinite(norm):
            raise ModelError(
                f"the loss is not finite at step {step}; resume from the last checkpoint with a "
                "lower rate"
            )
        self.optimizer.step()
        figures = self.process.mean({name: value.item() for name, value in values.items()})
        return figures | {"gradient": norm.item(), "rate": rate}

    def _measure(self) -> None:
        """Round from now on by what the network has become."""
        self.measured = sensitivity(self.network, self.recipe.flow)
        self.objective.rounding = Rounding.of(self.measured)

    def _generator(self, step: int, stream: int) -> torch.Generator:
        """The same for a step and a stream however often the step is taken."""
        return torch.Generator().manual_seed(((self.recipe.seed * 10**9 + step) << 8) + stream)

    def _keys(self, batch: torch.Tensor, generator: torch.Generator) -> Keys:
        """Fresh right and wrong keys: drawn for all processes, of which each takes its share."""
        count, _, height, width = batch.shape
        wrongs = max(1, round(count * self.recipe.wrong_share))
        ranks, share = self.process.ranks, self.process.share
        right = share(random_key_maps(count * ranks, height, width, generator))
        wrong = share(random_key_maps(wrongs * ranks, height, width, generator))
        device, lost = self.process.device, None
        if self.recipe.noise_for_lost:
            shape = ((count + wrongs) * ranks, 12, height // 2, width // 2)
            lost = share(torch.randn(shape, generator=generator)).to(device)
        return Keys(right.to(device), wrong.to(device), lost)

    def _log(self, name: str, line: dict[str, Any]) -> None:
        with (self.run.out / name).open("a") as log:
            log.write(json.dumps(line) + "\n")

    def _save(self, step: int) -> None:
        """Write beside, then rename: a kill leaves the old checkpoint or the new one."""
        beside = self.run.checkpoint.with_suffix(".tmp")
        state = {
            "step": step,
            "recipe": json.dumps(self.recipe.as_dict()),
            "history": json.dumps(self.history),
            "network": self.network.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "sensitivity": None if self.measured is None else torch.from_numpy(self.measured),
        }
        torch.save(state, beside)
        beside.replace(self.run.checkpoint)

    def _validate(self, step: int, validation: Validation) -> None:
        self.network.eval()
        on = (self.network, self.process.device, self.objective.rounding)
        figures = validation.measure(*on)
        self._log("validation.jsonl", {"step": step} | figures)
        validation.sheet(*on).save(self.run.out / f"samples-{step:06d}.png")
        draw(
            self.run.out / "log.jsonl",
            self.run.out / "validation.jsonl",
            self.run.out / "curves.png",
        )
        self.network.train()


def _place(batch: torch.Tensor, device: torch.device) -> torch.Tensor:
    return batch.to(device, memory_format=torch.channels_last, non_blocking=True)


def _resume(
    run: Run,
    recipe: Recipe,
    network: ProFaceS,
    optimizer: torch.optim.Optimizer,
    start_from: Path | None,
) -> tuple[int, History, Floats | None]:
    """Load the run's checkpoint, or the one to start from.

    Returns:
        The step to go on with, the history, and the sensitivity that was measured last.
    """
    if run.checkpoint.exists():
        state = torch.load(run.checkpoint, map_location="cpu", weights_only=True)
        if settings_of(state["recipe"]) != settings_of(json.dumps(recipe.as_dict())):
            raise ModelError(
                f"{run.out} was begun with other settings ({run.out / 'recipe.json'}); repeat "
                "them to go on, or name another folder"
            )
        network.load_state_dict(state["network"])
        optimizer.load_state_dict(state["optimizer"])
        measured = state.get("sensitivity")
        return (
            int(state["step"]),
            json.loads(state["history"]),
            None if measured is None else measured.numpy(),
        )
    if start_from is None:
        return 0, [], None
    if start_from.suffix == WEIGHTS_SUFFIX:
        finished, header = load_network(start_from)
        network.load_state_dict(finished.state_dict())
        return 0, [*header["recipe"].pop("started_from", []), header["recipe"]], None
    state = torch.load(start_from, map_location="cpu", weights_only=True)
    network.load_state_dict(state["network"])
    earlier = json.loads(state["recipe"]) | {"taken": state["step"]}
    return 0, [*json.loads(state["history"]), earlier], None
