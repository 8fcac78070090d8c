"""``proface lab``: train, evaluate, export and attack models. Needs the extra ``proface[lab]``."""

from pathlib import Path
from typing import Annotated, Any, Literal

import torch
import typer

from ...errors import ModelError
from ...faces import boxes, detector
from ...files import images
from ...picture.options import DEFAULT_MASK_SCALE
from ...showcase.demo import SAMPLE
from .. import attacks
from ..attacks.base import AttackSetting, Faces, save_findings
from ..attacks.report import write_report
from ..bench.command import bench
from ..data import average_faces as averages
from ..data.pictures import FaceSet, list_pictures
from ..evaluation.damage import damage as run_damage
from ..evaluation.damage import draw as draw_damage
from ..evaluation.evaluate import EvaluationOptions, write_results
from ..evaluation.evaluate import evaluate as run_evaluation
from ..evaluation.sealed_flow import open_flow
from ..export.export import export as run_export
from ..export.export import write_card
from ..network.averaging import average as run_average
from ..network.flow import TorchFlow
from ..network.weights import load_network
from ..training.losses import ANSWERS, Mode
from ..training.recipe import ALL_OBFUSCATORS, FILTERS, preset
from ..training.train import Run
from ..training.train import train as run_training
from . import paper

app = typer.Typer(
    help="Train, evaluate, export and attack models (needs torch).",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

app.command()(bench)

Results = Annotated[Path | None, typer.Option(help="An evaluation.json for the model card.")]
Seed = Annotated[int, typer.Option(help="Of everything random.")]
ATTACKED = ("paper-randwr", "paper-obfswr", "randwr", "obfswr", "sealed")

app.command()(paper.benchmark_set)
app.command()(paper.reproduce)


@app.command()
def train(  # noqa: PLR0913 - the options of a command
    data: Annotated[Path, typer.Option(help="Folder of face pictures.", file_okay=False)],
    mode: Annotated[Mode, typer.Option(help="Wrong-recovery mode.")],
    out: Annotated[Path, typer.Option(help="Folder of the run; an earlier one is resumed.")],
    preset_name: Annotated[Literal["paper", "fast", "hardened"], typer.Option("--preset")] = "fast",
    validation: Annotated[
        Path | None, typer.Option(help="Folder of other faces; the training faces by default.")
    ] = None,
    crop: Annotated[
        float, typer.Option(help="Share of a training picture's side that the face takes.")
    ] = 0.9,
    validation_crop: Annotated[float, typer.Option(help="The same for validation.")] = 0.65,
    steps: Annotated[int | None, typer.Option(help="Instead of the preset's.")] = None,
    batch: Annotated[int | None, typer.Option(help="Instead of the preset's.")] = None,
    size: Annotated[int | None, typer.Option(help="Side of the random crops, in pixels.")] = None,
    more_size: Annotated[
        list[int] | None, typer.Option(help="Side of further crops, taken in turn; repeatable.")
    ] = None,
    face_sizes: Annotated[
        tuple[int, int] | None,
        typer.Option(help="Smallest and largest side of the faces cropped from, in pixels."),
    ] = None,
    rate: Annotated[float | None, typer.Option(help="Learning rate.")] = None,
    weights: Annotated[
        tuple[float, float, float] | None,
        typer.Option(help="lambda 1 to 3: protection, recovery, wrong recovery."),
    ] = None,
    warmup: Annotated[int | None, typer.Option(help="Steps of warm-up.")] = None,
    wrong_share: Annotated[
        float | None, typer.Option(help="Share of a batch that is recovered with a wrong key too.")
    ] = None,
    float32: Annotated[
        bool, typer.Option("--float32", help="Not in bfloat16, even where that is faster.")
    ] = False,
    seed: Seed = 0,
    start_from: Annotated[
        Path | None,
        typer.Option(help="Checkpoint or finished weights of another run to begin with."),
    ] = None,
    validate_every: Annotated[int, typer.Option(help="Steps between validations.")] = 250,
    workers: Annotated[int, typer.Option(help="Processes that load and obfuscate.")] = 0,
    pool: Annotated[
        int,
        typer.Option(
            help="Samples of each size to make beforehand and keep, on the GPU if there is one, "
            "where steps are then CUDA graphs; 0 for new ones at every step."
        ),
    ] = 0,
    obfuscator: Annotated[
        list[str], typer.Option(help="Those mixed in training; repeatable.")
    ] = list(ALL_OBFUSCATORS),  # noqa: B006
    copies: Annotated[
        Path | None,
        typer.Option(
            help="Folder for what slow obfuscators make of the faces beforehand; runs may share it."
        ),
    ] = None,
) -> None:
    """Train a model, or resume a run that was killed.

    Runs on several GPUs or machines under torchrun:
    torchrun --nproc-per-node 4 -m proface lab train ...
    """
    given: dict[str, Any] = {
        "steps": steps,
        "batch": batch,
        "size": size,
        "learning_rate": rate,
        "more_sizes": tuple(more_size) if more_size else None,
        "face_sizes": face_sizes,
        "weights": weights,
        "warmup": warmup,
        "wrong_share": wrong_share,
        "obfuscators": tuple(obfuscator),
        "bfloat16": not float32,
        "pool": pool,
    }
    changes = {name: value for name, value in given.items() if value is not None}
    recipe = preset(preset_name, mode, seed=seed, crop=crop, **changes)
    run = Run(data, out, validation, validation_crop, validate_every, workers, copies)
    typer.echo(f"trained: {run_training(run, recipe, start_from)}")


@app.command()
def evaluate(  # noqa: PLR0913 - the options of a command
    data: Annotated[list[Path], typer.Option(help="Folder of face pictures; repeatable.")],
    crop: Annotated[
        list[float], typer.Option(help="Share of the side that the face takes, for each folder.")
    ],
    profile: Annotated[str | None, typer.Option(help="A profile that is installed.")] = None,
    weights: Annotated[Path | None, typer.Option(help="Or a run's weights.safetensors.")] = None,
    obfuscator: Annotated[list[str], typer.Option(help="Repeatable.")] = list(  # noqa: B006
        ALL_OBFUSCATORS
    ),
    limit: Annotated[int | None, typer.Option(help="At most so many faces.")] = None,
    size: Annotated[int, typer.Option(help="Side of the evaluated faces, in pixels.")] = 112,
    out: Annotated[Path, typer.Option(help="Folder for evaluation.json and .md.")] = Path(
        "evaluation"
    ),
) -> None:
    """Measure PSNR, SSIM and LPIPS of protection, recovery and wrong recovery."""
    if (profile is None) == (weights is None):
        raise typer.BadParameter("give either --profile or --weights")
    if len(data) != len(crop):
        raise typer.BadParameter("give one --crop for each --data")
    flow = open_flow(profile) if profile else _torch_flow(_existing(weights))
    name = profile or str(weights)
    options = EvaluationOptions(obfuscator, size, limit)
    results = [
        run_evaluation(flow, name, FaceSet(folder.name, folder, share), options)
        for folder, share in zip(data, crop, strict=True)
    ]
    write_results(results, out)
    for result in results:
        typer.echo(result.markdown())


@app.command()
def export(
    weights: Annotated[Path, typer.Option(help="A run's weights.safetensors.")],
    profile: Annotated[str, typer.Option(help="Name of the profile to make.")],
    out: Annotated[Path, typer.Option(help="Folder of profiles; <out>/<profile> is written.")],
    results: Results = None,
    mode: Annotated[
        Mode | None, typer.Option(help="Wrong-recovery mode of a hardened flow, if another.")
    ] = None,
) -> None:
    """Write ONNX graphs, checked against torch, with weights and model card."""
    folder = out / profile
    report = run_export(_existing(weights), folder)
    write_card(folder, profile, results, mode=mode)
    typer.echo(report.text())
    typer.echo(f"exported: {folder}")


@app.command()
def share(
    shared: Annotated[Path, typer.Argument(help="Folder of an exported hardened profile.")],
    profile: Annotated[str, typer.Option(help="Name of the profile to make, beside it.")],
    mode: Annotated[Mode, typer.Option(help="Its wrong-recovery mode.")],
    results: Results = None,
) -> None:
    """Write the card of a profile that differs from another in its wrong recovery alone."""
    folder = shared.parent / profile
    write_card(folder, profile, results, mode=mode, shares=shared.name)
    typer.echo(f"written: {folder}")


@app.command()
def average(
    first: Annotated[Path, typer.Argument(help="A run's weights.safetensors.")],
    second: Annotated[Path, typer.Argument(help="Those of a run that was started from it.")],
    share: Annotated[float, typer.Option(help="Of the second, 0 to 1.")],
    out: Annotated[Path, typer.Option(help="Weights to write.")],
) -> None:
    """Average two networks of one lineage."""
    run_average(_existing(first), _existing(second), share, out)
    typer.echo(f"averaged: {out}")


@app.command()
def average_faces(
    data: Annotated[Path, typer.Option(help="Folder of face pictures.", file_okay=False)],
    out: Annotated[Path, typer.Option(help="Folder for the average faces.", file_okay=False)],
    groups: Annotated[int, typer.Option(help="Averages to make.", min=1)] = 10,
    size: Annotated[int, typer.Option(help="Faces in each average.", min=2)] = 1000,
    threads: Annotated[int, typer.Option(help="That look at pictures.", min=1)] = 1,
) -> None:
    """Average faces, of which each is nobody's, for the obfuscator swap."""
    made = averages.make(list_pictures(data), groups, size, threads)
    averages.save(made, out)
    typer.echo(f"averaged: {out}")


@app.command()
def attack(  # noqa: PLR0913 - the options of a command
    data: Annotated[
        list[str],
        typer.Option(
            help="Test faces as NAME=FOLDER:CROP, such as celeba=faces/test:0.65, where CROP is "
            "the share of a picture's side that the face takes; NAME= may be left out; repeatable."
        ),
    ],
    name: Annotated[
        list[str] | None, typer.Argument(help="Attacks to run; all if none is named.")
    ] = None,
    train: Annotated[
        Path | None, typer.Option(help="Folder of faces that learning attackers train on.")
    ] = None,
    profile: Annotated[list[str], typer.Option(help="Profiles to attack; repeatable.")] = list(  # noqa: B006
        ATTACKED
    ),
    obfuscator: Annotated[list[str], typer.Option(help="Repeatable.")] = list(FILTERS),  # noqa: B006
    limit: Annotated[int | None, typer.Option(help="At most so many faces of each set.")] = None,
    steps: Annotated[int, typer.Option(help="Training steps of learning attackers.")] = 4000,
    keys: Annotated[int, typer.Option(help="Random keys to try.")] = 1000,
    seed: Seed = 0,
    threads: Annotated[int, typer.Option(help="Of torch; 0 for one on each core.")] = 0,
    out: Annotated[Path, typer.Option(help="Folder for findings and report.")] = Path("attacks"),
) -> None:
    """Attack protected faces, and report what is left of their secrets.

    Attacks that were run before into the same folder stay in the report.
    """
    chosen = [(each, attacks.get(each)) for each in name or attacks.names()]
    pictures = tuple(list_pictures(train)) if train else ()
    sets = (FaceSet.parse(each) for each in data)
    test = tuple(Faces.load(each.name, each.folder, each.crop, limit) for each in sets)
    setting = AttackSetting(
        tuple(profile), tuple(obfuscator), test, pictures, out, seed, steps, threads, keys
    )
    if threads:
        torch.set_num_threads(threads)
    for label, module in chosen:
        typer.echo(f"found: {save_findings(setting, label, module.run(setting))}")
        typer.echo(f"reported: {write_report(out)}")


@app.command()
def damage(
    out: Annotated[Path, typer.Option(help="PNG to write.", dir_okay=False)],
    profile: Annotated[list[str], typer.Option(help="Repeatable.")] = ["randwr", "sealed"],  # noqa: B006
) -> None:
    """Paint over a tenth of the sample's face, and show what each profile brings back."""
    pixels = images.read(SAMPLE).pixels
    height, width = pixels.shape[:2]
    face = boxes.prepare(detector.detect(pixels), height, width, DEFAULT_MASK_SCALE)[0]
    results = [run_damage(pixels, face, name) for name in profile]
    draw_damage(results, out)
    for result in results:
        typer.echo(f"{result.profile}: {result.psnr:.2f} dB outside the paint")


def _torch_flow(weights: Path) -> TorchFlow:
    network, header = load_network(weights)
    recipe = header["recipe"]
    answer = ANSWERS[recipe.get("mode", "randwr")]
    return TorchFlow(network, recipe.get("flow", "paper"), answer)


def _existing(path: Path | None) -> Path:
    if path is None or not path.is_file():
        raise ModelError(f"there is no weights file at {path}")
    return path
