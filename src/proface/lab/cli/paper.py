"""Commands of ``proface lab`` for the paper's section V: its test faces, its tables and figures."""

from pathlib import Path
from typing import Annotated

import typer

from ...errors import OptionError
from ...obfuscators import catalogue
from .. import reproduction
from ..data.benchmark_set import make as make_benchmark_set
from ..data.pictures import FaceSet
from ..device import cache_folder
from ..reproduction import quality
from ..reproduction.page import write_page
from ..reproduction.setting import ReproductionSetting
from ..training.recipe import ALL_OBFUSCATORS

PROFILES = ("paper-randwr", "paper-obfswr", "randwr", "obfswr", "sealed")
_NETWORKS = ("simswap", "faceshifter")
"""Obfuscators that need files of the user's own."""


def benchmark_set(  # noqa: PLR0913 - the options of a command
    out: Annotated[Path, typer.Option(help="Folder to make.", file_okay=False)],
    celeba: Annotated[
        Path | None,
        typer.Option(help="Folder with img_align_celeba and list_eval_partition.txt."),
    ] = None,
    lfw: Annotated[Path | None, typer.Option(help="LFW's folder, with one for each name.")] = None,
    ffhq: Annotated[
        Path | None, typer.Option(help="FFHQ's images1024x1024 or thumbnails128x128.")
    ] = None,
    count: Annotated[int, typer.Option(help="Faces of each data set.", min=1)] = 1000,
    seed: Annotated[int, typer.Option(help="Of the choice.", min=0)] = 0,
    overwrite: Annotated[bool, typer.Option(help="Replace an earlier benchmark.")] = False,
) -> None:
    """Choose and cut the test faces from CelebA, LFW and FFHQ as downloaded.

    The same seed gives the same faces everywhere; benchmark.json lists them with their hashes.
    """
    named = {"celeba": celeba, "lfw": lfw, "ffhq": ffhq}
    folders = {name: folder for name, folder in named.items() if folder is not None}
    if not folders:
        raise typer.BadParameter("give at least one of --celeba, --lfw and --ffhq")
    for folder in folders.values():
        if not folder.is_dir():
            raise OptionError(f"there is no folder {folder}")
    typer.echo(f"chosen: {make_benchmark_set(folders, out, count, seed, overwrite)}")


def reproduce(  # noqa: PLR0913 - the options of a command
    data: Annotated[
        list[str],
        typer.Option(
            help="Test faces as NAME=FOLDER:CROP, such as celeba=benchmark/celeba:1, where NAME is "
            "lfw, celeba or ffhq, and CROP the share of a picture's side that the face takes; "
            "repeatable."
        ),
    ],
    train: Annotated[
        Path | None, typer.Option(help="Training faces, for the parts ablations and blocks.")
    ] = None,
    part: Annotated[
        list[str] | None,
        typer.Option(help=f"{', '.join(reproduction.PARTS)}; repeatable; all that can be made."),
    ] = None,
    profile: Annotated[list[str], typer.Option(help="Repeatable.")] = list(PROFILES),  # noqa: B006
    obfuscator: Annotated[
        list[str] | None, typer.Option(help="Repeatable; all that work here by default.")
    ] = None,
    count: Annotated[
        int | None, typer.Option(help="At most so many faces of each set, for a quick run.", min=1)
    ] = None,
    in_turn: Annotated[
        bool,
        typer.Option(
            "--in-turn", help="Tables I to III: hide each face by one of the obfuscators in turn."
        ),
    ] = False,
    ablation_steps: Annotated[
        int, typer.Option(help="Training steps of every network of Table IV.", min=1)
    ] = 2000,
    block_steps: Annotated[
        int, typer.Option(help="Training steps of every network of Figure 6.", min=1)
    ] = 2000,
    train_batch: Annotated[
        int | None, typer.Option(help="Batch of those networks, instead of the presets'.")
    ] = None,
    train_size: Annotated[
        int | None, typer.Option(help="Side of their crops, instead of the presets'.")
    ] = None,
    copies: Annotated[
        Path | None, typer.Option(help="What slow obfuscators made of the training faces before.")
    ] = None,
    out: Annotated[
        Path, typer.Option(help="Folder for reproduction.md, and reproduction/ with the JSON.")
    ] = Path("results"),
    work: Annotated[
        Path | None,
        typer.Option(
            help="Folder for training runs and for pictures of the test faces, which are not to be "
            "published; one in the user's cache by default."
        ),
    ] = None,
    cards: Annotated[
        Path | None, typer.Option(help="Folder of profiles whose model cards get the numbers.")
    ] = None,
    overwrite: Annotated[
        bool, typer.Option(help="Replace what was measured under other conditions.")
    ] = False,
) -> None:
    """Make every table and figure of the paper's section V, with the paper's numbers beside.

    What was measured before under the same conditions is kept, so a killed run goes on.
    """
    changes = {"batch": train_batch, "size": train_size}
    setting = ReproductionSetting(
        sets=tuple(FaceSet.parse(each) for each in data),
        profiles=tuple(profile),
        obfuscators=tuple(obfuscator or _obfuscators()),
        out=out,
        work=work or cache_folder("reproduction"),
        count=count,
        in_turn=in_turn,
        train=train,
        copies=copies,
        ablation_steps=ablation_steps,
        block_steps=block_steps,
        training={name: value for name, value in changes.items() if value is not None},
        overwrite=overwrite,
    )
    for name in part or _possible(train):
        reproduction.get(name).run(setting)
        typer.echo(f"measured: {name}")
    if cards is not None:
        typer.echo(f"cards: {', '.join(quality.update_cards(setting.folder, cards))}")
    typer.echo(f"reproduced: {write_page(out)}")


def _possible(train: Path | None) -> list[str]:
    """The parts that need no training faces, or all if there are some."""
    return [name for name in reproduction.PARTS if train or name not in reproduction.TRAINING_PARTS]


def _obfuscators() -> list[str]:
    installed = {each.name for each in catalogue.facts() if each.missing is None}
    return [*ALL_OBFUSCATORS, *(name for name in _NETWORKS if name in installed)]
