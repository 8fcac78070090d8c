"""What the system itself holds a process of ours to: memory, time on the processors, no core files.

These are POSIX limits. Where the system has none of a kind, nothing happens, and the clock of the
service, which ends a process from outside, is what is left.
"""

import math
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

try:
    import resource
except ImportError:  # not a POSIX system
    resource = None  # type: ignore[assignment]


def forbid_core_files() -> None:
    """Let a process that dies leave nothing of its memory, with its secrets, on the disk."""
    if resource is not None:
        _lower(resource.RLIMIT_CORE, 0)


def cap_memory(more: int) -> None:
    """Let this process take so many bytes of address space besides what it has already.

    Beyond it an allocation fails: Python raises MemoryError, other code may end the process.
    """
    size = _address_space()
    if resource is not None and size is not None:
        _lower(resource.RLIMIT_AS, size + more)


@contextmanager
def processor_time(seconds: float) -> Iterator[None]:
    """End this process when the block takes more time on the processors, all threads together.

    The signal that ends it is SIGXCPU. Blocks may be nested; the one around counts on.
    """
    if resource is None:
        yield
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_CPU)
    mine = math.ceil(time.process_time() + seconds)
    bounds = [each for each in (soft, hard) if each != resource.RLIM_INFINITY]
    resource.setrlimit(resource.RLIMIT_CPU, (min([mine, *bounds]), hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_CPU, (soft, hard))


def allow_open_files(wanted: int) -> int:
    """Let this process have so many files and connections open, as far as the system agrees.

    Returns:
        How many it may have; never more than wanted.
    """
    if resource is None:
        return wanted
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        more = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        with suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (more, hard))
        soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return wanted if soft == resource.RLIM_INFINITY else min(wanted, soft)


def _lower(kind: int, value: int) -> None:
    _, hard = resource.getrlimit(kind)
    most = value if hard == resource.RLIM_INFINITY else min(value, hard)
    with suppress(OSError, ValueError):  # a system that knows the limit but does not set it
        resource.setrlimit(kind, (most, hard))


def _address_space() -> int | None:
    """Bytes of address space that this process has; None where the system does not tell."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[0])
    except (OSError, ValueError, IndexError):
        return None
    return pages * resource.getpagesize()
