"""People and what is protected for them; made once for each module."""

from pathlib import Path

import numpy as np
import pytest

from tests.cli.people import SEALED, recovered
from tests.commandline import (
    Owner,
    owner,
    run_process,
    write_boxes,
    write_face,
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("people")


@pytest.fixture(scope="module")
def face(folder: Path) -> Path:
    return write_face(folder / "face.png")


@pytest.fixture(scope="module")
def anna(folder: Path) -> Owner:
    return owner(folder / "anna.txt")


@pytest.fixture(scope="module")
def bert(folder: Path) -> Owner:
    return owner(folder / "bert.txt")


@pytest.fixture(scope="module")
def carl(folder: Path) -> Owner:
    """Of whom no picture knows."""
    return owner(folder / "carl.txt")


@pytest.fixture(scope="module")
def for_both(folder: Path, face: Path, anna: Owner, bert: Owner) -> Path:
    """Two faces for Anna and Bert, and no password: made without a terminal to ask on."""
    out = folder / "for-both.png"
    boxes = write_boxes(folder / "boxes.json")
    recipients = ("-r", anna.recipient, "-r", bert.recipient)
    done = run_process("protect", face, "-o", out, *SEALED, "--boxes", boxes, *recipients)
    assert done.returncode == 0, done.stderr
    assert "only an identity of the 2 recipients" in done.stdout
    assert "nobody on this machine" in done.stdout
    return out


@pytest.fixture(scope="module")
def original(folder: Path, for_both: Path, anna: Owner) -> np.ndarray:
    """What comes back with everything."""
    return recovered(for_both, folder / "original.png", "-i", anna.file)
