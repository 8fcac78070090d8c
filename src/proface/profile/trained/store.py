"""Where the trained profiles are.

A profile is a folder with ``card.json``, two graphs, ``protect.onnx`` and ``recover.onnx``, their
weights in ``network.data``, and ``sensitivity.npy``. The folder is one of those in
``proface/weights``, or in the folder that the variable ``PROFACE_WEIGHTS`` names. Profiles that
differ in their answer to a wrong key alone share files: the card of one names the other.
"""

import hashlib
import os
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

from ...errors import ModelError
from .model_card import CARD_FILE, COMPUTED_FILES, GRAPH_FILES, ModelCard

VARIABLE = "PROFACE_WEIGHTS"


def profiles() -> list[str]:
    """Names of the models that are installed, or that ``PROFACE_WEIGHTS`` adds.

    Raises:
        ModelError: the variable names no folder.
    """
    return sorted(_folders())


def read(profile: str) -> tuple[ModelCard, dict[str, Path]]:
    """A profile's card, and its files by name, once they are seen to be those of the card.

    Raises:
        ModelError: the profile is unknown or damaged.
    """
    folder = folder_of(profile)
    card = _read_card(folder)
    if card.name != profile:
        raise ModelError(f"the card in {folder} is that of another profile, '{card.name}'")
    shared = folder_of(card.shares) if card.shares else folder
    found = {name: shared / name for name in COMPUTED_FILES}
    for name, path in found.items():
        try:
            with path.open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
        except OSError as error:
            raise ModelError(f"the profile in {folder} cannot be read ({error})") from error
        if digest != card.sha256[name]:
            raise ModelError(
                f"{path} is damaged: it is not the file of its model card; install proface again, "
                "or export the model again"
            )
    return card, found


def folder_of(profile: str) -> Path:
    """The folder of a profile.

    Raises:
        ModelError: there is none.
    """
    known = _folders()
    if profile not in known:
        names = ", ".join(sorted(known)) or "-"
        raise ModelError(f"unknown profile '{profile}'; known are: {names}")
    return known[profile]


def _read_card(folder: Path) -> ModelCard:
    try:
        return ModelCard.from_json((folder / CARD_FILE).read_bytes())
    except OSError as error:
        raise ModelError(f"the profile in {folder} cannot be read ({error})") from error
    except ModelError as error:
        raise ModelError(f"the profile in {folder} cannot be used: {error}") from error


def _folders() -> dict[str, Path]:
    """Every profile's folder by its name; a shipped one goes before an added one."""
    found: dict[str, Path] = {}
    for parent in _parents():
        for folder in parent.iterdir() if parent.is_dir() else ():
            if _is_profile(folder):
                found.setdefault(folder.name, folder)
    return found


def _is_profile(folder: Path) -> bool:
    """Whether a folder has a card and graphs, or a card that shares those of another."""
    if all((folder / name).is_file() for name in (CARD_FILE, *GRAPH_FILES)):
        return True
    try:
        return _read_card(folder).shares is not None
    except ModelError:
        return False


def _parents() -> Iterator[Path]:
    yield Path(str(files("proface"))) / "weights"
    if added := os.environ.get(VARIABLE):
        if not Path(added).is_dir():
            raise ModelError(f"{VARIABLE} names '{added}', which is no folder")
        yield Path(added)
