"""What the machine has: a GPU, and a folder for what can be made again."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import torch

Result = TypeVar("Result")


def best_device() -> torch.device:
    """The GPU if there is one, at the full precision of float32; else the processor.

    TensorFloat-32, a GPU's default for convolutions, has 10 bits of mantissa: too few to find
    hidden details.
    """
    torch.backends.cudnn.allow_tf32 = False
    torch.backends.cuda.matmul.allow_tf32 = False
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def capture(work: Callable[[], Result], warm_up: int = 3) -> tuple[torch.cuda.CUDAGraph, Result]:
    """Record work on the GPU as a CUDA graph.

    Some runs go before, by which libraries choose and allocate what they need.

    Returns:
        The graph, which repeats the work on the same memory, and where it leaves its results.
    """
    stream = torch.cuda.Stream()  # type: ignore[no-untyped-call]
    stream.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(stream):
        for _ in range(warm_up):
            work()
    torch.cuda.current_stream().wait_stream(stream)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        results = work()
    return graph, results


def cache_folder(name: str) -> Path:
    """A folder of that name in the user's cache; it need not exist."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return cache / "proface" / name
