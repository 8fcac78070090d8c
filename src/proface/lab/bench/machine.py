"""On what a benchmark ran: machine, versions, commit."""

import os
import platform
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import torch

from ...inference.machine import cores, processor, version_of

_INSTRUCTIONS = ("avx2", "avx512f", "avx512_bf16", "avx512_fp16", "amx_bf16", "amx_tile")
_PACKAGES = ("proface", "torch", "onnxruntime", "openvino", "numpy", "opencv-python-headless")


def describe() -> dict[str, Any]:
    """Everything about the machine that a time depends on; no name that tells who owns it."""
    return {
        "processor": processor(),
        "cores": cores(),
        "instructions": _instructions(),
        "memory_gib": _memory(),
        "gpu": torch.cuda.get_device_name() if torch.cuda.is_available() else None,
        "system": f"{platform.system()} {platform.machine()}",
        "versions": {"python": sys.version.split()[0]}
        | {name: version_of(name) for name in _PACKAGES},
        "commit": _commit(),
        "date": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
    }


def load() -> float | None:
    """Mean number of processes that ran or waited in the last minute, ours among them."""
    return round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else None


def _instructions() -> list[str]:
    """Those of the processor that matter for networks, as far as the system tells them."""
    try:
        text = Path("/proc/cpuinfo").read_text(errors="replace")
    except OSError:
        return []
    flags = next((line for line in text.splitlines() if line.startswith("flags")), "").split()
    return [name for name in _INSTRUCTIONS if name in flags]


def _memory() -> float | None:
    if "SC_PHYS_PAGES" not in getattr(os, "sysconf_names", {}):
        return None
    return round(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30, 1)


def _commit() -> str | None:
    """Of the source tree, with ``+`` where files differ from it; None outside of one."""
    folder = Path(__file__).parent
    try:
        name, changes = (
            subprocess.run(  # noqa: S603 - of our own folder
                ["git", "-C", str(folder), *command],  # noqa: S607
                capture_output=True,
                text=True,
                check=True,
            ).stdout.strip()
            for command in (["rev-parse", "HEAD"], ["status", "--porcelain", "-uno"])
        )
    except (OSError, subprocess.CalledProcessError):
        return None
    return name + ("+" if changes else "")
