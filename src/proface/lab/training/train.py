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
from tqdm import tqdm

from ...arrays import Floats
from ...errors import ModelError
from ...files.atomic import replacing
from ...profile.trained.rounding import Rounding
from ..data.obfuscated_copies import prepare_copies
from ..data.pictures import list_pictures
from ..evaluation.lpips import Lpips
from ..network.model import ProFaceS
from ..network.sensitivity import sensitivity
from ..network.weights import load_network, write_weights
from .curves import draw
from .distributed import Process
from .objective import HardenedObjective, Objective, StepObjective
from .recipe import Recipe, settings_of
from .sample_pool import SamplePool
from .samples import Stretch, TrainingFaces
from .steps import LoadedSteps, PooledSteps, Steps
from .validation import Validation

CHECKPOINT_SECONDS = 180
REPORT_STEPS = 20
MEASURE_STEPS = 500
"""Between two measurements of the sensitivity, where rounding goes by it."""
WEIGHTS_SUFFIX = ".safetensors"
"""By which finished weights to start from are told from a checkpoint."""

History = list[dict[str, Any]]
"""Recipes of the runs that a run was started from, the first one first, with the steps taken."""


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
    kept_copies: Path | None = None
    """Folder of faces obfuscated beforehand, which runs may share; None for one in ``out``."""

    @property
    def checkpoint(self) -> Path:
        """The file that training resumes from."""
        return self.out / "checkpoint.pt"

    @property
    def copies(self) -> Path:
        """Folder of the faces obfuscated beforehand."""
        return self.kept_copies or self.out / "covers"

    @property
    def weights(self) -> Path:
        """The finished weights."""
        return self.out / "weights.safetensors"


def train(run: Run, recipe: Recipe, start_from: Path | None = None) -> Path:
    """Train a network, or go on with a run that was killed; returns the finished weights' path.

    Args:
        run: folders and intervals.
        recipe: settings; on resuming it must be the one the run began with.
        start_from: another run's checkpoint or weights to begin with, if the run is new.

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
    optimizer = _optimizer(network, process, recipe)
    step, history, measured = _resume(run, recipe, network, optimizer, start_from)
    if process.first:
        run.out.mkdir(parents=True, exist_ok=True)
        settings = recipe.as_dict() | {"start_from": str(start_from) if start_from else None}
        (run.out / "recipe.json").write_text(json.dumps(settings, indent=2) + "\n")
    steps = _steps(run, process, objective, optimizer, step)
    validation = Validation.of(run.validation or run.data, run.validation_crop, recipe)
    trainer = Trainer(run, recipe, process, network, objective, optimizer, history, measured)
    trainer.go(steps, step, validation)
    if process.first:
        header = recipe.as_dict() | {"started_from": history}
        write_weights(network, header, run.weights)
    process.leave()
    return run.weights


def _optimizer(network: nn.Module, process: Process, recipe: Recipe) -> torch.optim.Optimizer:
    """On a GPU, one that a CUDA graph can hold."""
    graphs = process.device.type == "cuda"
    rate = recipe.learning_rate
    return torch.optim.Adam(network.parameters(), lr=rate, capturable=graphs, fused=graphs)


def _steps(
    run: Run,
    process: Process,
    objective: StepObjective,
    optimizer: torch.optim.Optimizer,
    first: int,
) -> Steps:
    """Where the steps from ``first`` on come from."""
    recipe = objective.recipe
    pictures = list_pictures(run.data)
    if process.first:
        prepare_copies(pictures, recipe.obfuscators, run.copies, run.workers)
    process.wait()
    faces = TrainingFaces(
        pictures,
        recipe.obfuscators,
        recipe.crop,
        recipe.sizes,
        recipe.batch,
        recipe.face_sizes,
        recipe.seed,
        run.copies,
    )
    if not recipe.pool:
        stretch = Stretch(first, recipe.steps, recipe.batch, process.rank, process.ranks)
        return LoadedSteps(faces, stretch, run.workers, objective, optimizer, process)
    if process.ranks > 1:
        raise ModelError("a pool serves one process; leave out --pool, or train without torchrun")
    # A run that goes on draws other samples than it began with.
    torch.manual_seed(recipe.seed * 10**9 + first)
    pools = {
        size: SamplePool.make(faces, size, recipe.pool, run.workers, process.device)
        for size in recipe.sizes
    }
    return PooledSteps(pools, objective, optimizer, process)


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

    def go(self, steps: Steps, step: int, validation: Validation) -> None:
        """Take the remaining steps."""
        began = saved = time.monotonic()
        bar = tqdm(
            total=self.recipe.steps, initial=step, unit="step", disable=not self.process.first
        )
        if self.measured is not None:
            self.objective.round_by(Rounding.of(self.measured))
        while step < self.recipe.steps:
            if self.recipe.shaped and (self.measured is None or step % MEASURE_STEPS == 0):
                self._measure()
            steps.take(step)
            step += 1
            bar.update()
            last = step == self.recipe.steps
            validate = step % self.run.validate_every == 0 or last
            if step % REPORT_STEPS and not validate:
                continue
            figures = steps.figures()
            if not self.process.first:
                continue
            bar.set_postfix({name: f"{value:.3f}" for name, value in figures.items()})
            seconds = round(time.monotonic() - began, 1)
            self._log("log.jsonl", {"step": step, "seconds": seconds} | figures)
            if last or time.monotonic() - saved > CHECKPOINT_SECONDS:
                self._save(step)
                saved = time.monotonic()
            if validate:
                self._validate(step, validation)
        bar.close()

    def _measure(self) -> None:
        """Round by what the network has become."""
        self.measured = sensitivity(self.network, self.recipe.flow)
        self.objective.round_by(Rounding.of(self.measured))

    def _log(self, name: str, line: dict[str, Any]) -> None:
        with (self.run.out / name).open("a") as log:
            log.write(json.dumps(line) + "\n")

    def _save(self, step: int) -> None:
        """Replace the checkpoint; a kill leaves the old one or the new one."""
        state = {
            "step": step,
            "recipe": json.dumps(self.recipe.as_dict()),
            "history": json.dumps(self.history),
            "network": self.network.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "sensitivity": None if self.measured is None else torch.from_numpy(self.measured),
        }
        with replacing(self.run.checkpoint) as file:
            torch.save(state, file)

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


def _resume(
    run: Run,
    recipe: Recipe,
    network: ProFaceS,
    optimizer: torch.optim.Optimizer,
    start_from: Path | None,
) -> tuple[int, History, Floats | None]:
    """Load the run's checkpoint, or the one to start from: step, history and latest sensitivity."""
    if run.checkpoint.exists():
        state = torch.load(run.checkpoint, map_location="cpu", weights_only=True)
        if settings_of(state["recipe"]) != settings_of(json.dumps(recipe.as_dict())):
            raise ModelError(
                f"{run.out} was begun with other settings ({run.out / 'recipe.json'}); repeat "
                "them to go on, or name another folder"
            )
        network.load_state_dict(state["network"])
        # The groups' own settings are those of this device.
        groups = optimizer.state_dict()["param_groups"]
        optimizer.load_state_dict(state["optimizer"] | {"param_groups": groups})
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
