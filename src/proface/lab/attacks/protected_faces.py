"""What learning attackers learn from: faces, obfuscated and protected, kept for the next attack.

An attacker without the password still has the program, and can protect as many faces of his own as
he likes, each with a fresh random key. Protected pictures are kept in the folder ``pools`` of a
run; their names tell the model's version, so that a newly trained one is attacked anew.
"""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from ...arrays import Picture
from ...errors import OptionError
from ...files.atomic import replacing
from ...profile.sealed.profile import SEALED
from ...profile.trained.flow import Flow
from ..data.obfuscation import obfuscate_in_turn
from ..data.pictures import load_face
from .base import TRAINING_CROP, AttackSetting, Target, protect_all
from .unet import PicturePairs

LEARNING_FACES = 3000
"""Faces that are protected to learn from, at most."""
VALIDATION_FACES = 60
"""The last training faces, at most a tenth, are kept for learning curves."""
FOLDER = "pools"

Array = TypeVar("Array", bound=NDArray[Any])


def learning_faces(setting: AttackSetting, count: int = LEARNING_FACES) -> tuple[Picture, Picture]:
    """Originals to learn from and to validate on: uint8, N x 112 x 112 x 3.

    Raises:
        OptionError: there are less than two training pictures.
        PictureError: one cannot be read.
    """
    if len(setting.train) < 2:
        raise OptionError("a learning attacker needs a folder of pictures to learn from")
    kept = max(1, min(VALIDATION_FACES, len(setting.train) // 10))
    learning, validation = setting.train[:-kept][:count], setting.train[-kept:]
    return _load(learning), _load(validation)


def paired(originals: Picture, inputs: Picture) -> PicturePairs:
    """A pool in which the n-th input belongs to the n-th original."""
    return PicturePairs(inputs, originals, np.arange(len(originals)))


def protected_pool(setting: AttackSetting, name: str, label: str, originals: Picture) -> Picture:
    """Faces obfuscated in turn, and protected, each with an unrelated secret of its own.

    ``name`` is the profile's, empty for faces that are obfuscated alone; ``label`` says what the
    faces are for, such as ``learning``. Faces are uint8, N x 112 x 112 x 3.
    """
    obfuscated = obfuscate_in_turn(originals, setting.obfuscators)
    return _protect(setting, name, label, originals, obfuscated) if name else obfuscated


def protected_test(setting: AttackSetting, target: Target) -> Picture:
    """Test faces as they are published: protected, or obfuscated alone without a profile."""
    if not target.profile:
        return target.obfuscated
    label = f"{target.faces.name}-{target.obfuscator}"
    return _protect(setting, target.profile, label, target.originals, target.obfuscated)


def version(name: str) -> str:
    """A few letters that change with a profile's weights."""
    if name == SEALED or not name:
        return "0"
    checksums = json.dumps(Flow.load(name).card.sha256, sort_keys=True)
    return hashlib.sha256(checksums.encode()).hexdigest()[:8]


def checkpoint(setting: AttackSetting, name: str, inputs: Picture) -> Path:
    """Where a network is kept of that name that learns from these pictures."""
    return setting.out / FOLDER / f"{name}-{digest(inputs)}-{setting.steps}.pt"


def _protect(
    setting: AttackSetting, name: str, label: str, originals: Picture, obfuscated: Picture
) -> Picture:
    kind = f"{name}-{version(name)}-{label}-{setting.seed}"
    path = setting.out / FOLDER / f"{kind}-{digest(originals, obfuscated)}.npy"
    key = setting.key("published", name, label)
    return keep_array(path, lambda: protect_all(name, originals, obfuscated, key))


def keep_array(path: Path, compute: Callable[[], Array]) -> Array:
    """What a file holds; computed and written if there is none, whole or not at all."""
    if path.exists():
        kept: Array = np.load(path, allow_pickle=False)
        return kept
    array = compute()
    path.parent.mkdir(parents=True, exist_ok=True)
    with replacing(path) as file:
        np.save(file, array)
    return array


def digest(*pictures: Picture) -> str:
    """A few letters that tell pictures from others, for the name of what is kept of them."""
    whole = hashlib.sha256()
    for batch in pictures:
        whole.update(batch.tobytes())
    return whole.hexdigest()[:8]


def _load(paths: tuple[Path, ...]) -> Picture:
    return np.stack([load_face(path, TRAINING_CROP) for path in paths])
