"""Where tests find data that is not shipped: research pictures and LPIPS's weights."""

import os
from pathlib import Path

import pytest

from proface.inference import network

FOLDER = Path(os.environ.get("PROFACE_SHARED", Path(__file__).parents[2] / "shared"))


def shared(*parts: str) -> Path:
    """A file or folder of the shared data; the test is skipped, visibly, where it is missing."""
    path = FOLDER.joinpath(*parts)
    if not path.exists():
        pytest.skip(f"needs {path}; name the folder in PROFACE_SHARED")
    return path


def limit_tiles(monkeypatch: pytest.MonkeyPatch, side: int) -> None:
    """Let networks compute no more than ``side`` x ``side`` pixels at once."""
    for name in network.TILE_SIDES:
        monkeypatch.setitem(network.TILE_SIDES, name, side)
