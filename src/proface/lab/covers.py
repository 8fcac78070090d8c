"""Training faces obfuscated beforehand, where that is too slow to be done at every step.

An obfuscator that goes by landmarks, or is a network of its own, would set the pace of training. So
each picture is obfuscated once, whole, and kept as a file; training crops and scales the copy as it
does the original. Looks differ from picture to picture.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image
from tqdm import tqdm

from .. import obfuscators
from .covering import locate
from .data import cover_path, is_slow, load_whole


def prepare_covers(pictures: Sequence[Path], names: Sequence[str], folder: Path) -> None:
    """Make the copies that are missing; a killed run goes on where it was.

    Args:
        pictures: of the training faces.
        names: of obfuscators; those that are not slow are passed over.
        folder: gets a folder for each of the others.

    Raises:
        ObfuscatorError: an obfuscator is unknown, or lacks something.
        PictureError: a picture cannot be read.
    """
    for name in filter(is_slow, names):
        missing = [
            (number, picture)
            for number, picture in enumerate(pictures)
            if not cover_path(folder, name, picture).exists()
        ]
        for number, picture in tqdm(missing, desc=f"covers: {name}", unit="face", disable=None):
            face = load_whole(picture)
            covered = obfuscators.get(name).apply(face, landmarks=locate(face), number=number)
            path = cover_path(folder, name, picture)
            path.parent.mkdir(parents=True, exist_ok=True)
            beside = path.with_suffix(".tmp")
            Image.fromarray(np.asarray(covered)).save(beside, "PNG", compress_level=1)
            beside.replace(path)
