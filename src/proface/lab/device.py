"""What the machine has: a GPU, and a folder for what can be made again."""

import os
from pathlib import Path

import torch


def best_device() -> torch.device:
    """The GPU if there is one, at the full precision of float32; else the processor.

    TensorFloat-32, a GPU's default for convolutions, has 10 bits of mantissa: too few to find
    hidden details.
    """
    torch.backends.cudnn.allow_tf32 = False
    torch.backends.cuda.matmul.allow_tf32 = False
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def cache_folder(name: str) -> Path:
    """A folder of that name in the user's cache; it need not exist."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return cache / "proface" / name
