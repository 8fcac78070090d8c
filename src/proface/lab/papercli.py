"""Commands of ``proface lab`` for the paper's section V: its test faces, its tables and figures."""

from pathlib import Path
from typing import Annotated

import typer

from ..errors import OptionError
from . import benchmarkset


def benchmark_set(
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
    typer.echo(f"chosen: {benchmarkset.make(folders, out, count, seed, overwrite)}")
