"""What one process takes of the machine: threads, and memory between two runs."""

from typing import TYPE_CHECKING

import cv2

if TYPE_CHECKING:
    from onnxruntime import RunOptions, SessionOptions

_limit = 0


def limit(count: int) -> None:
    """Let this process compute with so many threads.

    Models that are loaded already keep what they have. Several processes on one machine that each
    take all its processors get in one another's way.

    Args:
        count: at least 1; 0 for as many as there are processors.
    """
    global _limit
    _limit = count
    cv2.setNumThreads(count or -1)


def current() -> int:
    """Threads that this process may take; 0 for as many as there are processors."""
    return _limit


def session_options(most: int | None = None) -> "SessionOptions":
    """Options for a model of ONNX Runtime: so many threads, or that limit; and no printing."""
    import onnxruntime  # not before it is needed: importing it takes a while

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3  # errors alone: a library does not print
    options.intra_op_num_threads = _limit if most is None else most
    return options


def shrinking() -> "RunOptions":
    """Options for one run, after which a session does not keep the memory that it computed in."""
    import onnxruntime

    options = onnxruntime.RunOptions()
    options.add_run_config_entry("memory.enable_memory_arena_shrinkage", "cpu:0")
    return options
