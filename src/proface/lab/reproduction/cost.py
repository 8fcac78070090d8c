"""Table V: parameters and time of a batch of 16 at 112 x 112."""

import os
import platform
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch

from ...arrays import Picture
from ...keys import PictureKey
from ...obfuscators import REFERENCE_SIZE
from ...profile.sealed.profile import SEALED
from ...profile.trained.flow import Flow
from ..bench.timing import in_turn
from ..data.obfuscation import obfuscate
from ..data.pictures import random_key_maps, to_tensor
from ..network.installed import load_torch
from ..reporting.tables import table
from .flows import open_profile
from .published import COST
from .samples import sample_face
from .setting import ReproductionSetting, Results, measured, read_all

TITLE = "Table V: parameters and time"
BATCH = 16
RUNS = 20
_KEY = PictureKey.from_bytes(bytes(32))


def run(setting: ReproductionSetting) -> None:
    """See `setting.Part`."""
    conditions = {
        "profiles": setting.profiles,
        "obfuscators": setting.obfuscators,
        "batch": BATCH,
        "size": REFERENCE_SIZE,
        "runs": RUNS,
    }
    measured(setting, "cost-time", conditions, lambda: _measure(setting))


def _measure(setting: ReproductionSetting) -> Results:
    faces = np.repeat(sample_face()[None], BATCH, axis=0)
    obfuscated = obfuscate(faces, setting.obfuscators[0])
    return {
        "machine": f"{platform.machine()}, {os.cpu_count()} processor cores, "
        f"{torch.get_num_threads()} threads of torch {torch.__version__}",
        "obfuscators": {
            name: _seconds(lambda name=name: obfuscate(faces, name))  # type: ignore[misc]
            for name in setting.obfuscators
        },
        "profiles": {name: _profile(name, faces, obfuscated) for name in setting.profiles},
    }


def _profile(name: str, faces: Picture, obfuscated: Picture) -> dict[str, float | None]:
    """Parameters, and seconds to protect: as installed, and eagerly in torch."""
    flow, _ = open_profile(name)
    seconds = _seconds(lambda: flow.protect(faces, obfuscated, _KEY, 0))
    if name == SEALED:
        return {"parameters": 0, "seconds": seconds, "eager": None}
    network = load_torch(name)
    parameters = sum(each.numel() for each in network.parameters())
    return {"parameters": parameters, "seconds": seconds, "eager": _eager(name, faces, obfuscated)}


def _eager(name: str, faces: Picture, obfuscated: Picture) -> float | None:
    """Seconds of the network's own forward pass in torch, key maps at hand; the paper's flow."""
    if Flow.load(name).card.secret:
        return None
    network, generator = load_torch(name), torch.Generator().manual_seed(0)
    maps = random_key_maps(BATCH, REFERENCE_SIZE, REFERENCE_SIZE, generator)
    inputs = (to_tensor(faces), to_tensor(obfuscated), maps)
    with torch.inference_mode():
        return _seconds(lambda: network(*inputs))


def _seconds(work: Callable[[], object]) -> float:
    """The median of `RUNS` runs, after one to warm up."""
    return in_turn({"": work}, RUNS, warm_up=1)[""].median


def section(folder: Path) -> str:
    """See `setting.Part`."""
    kept = read_all(folder, "cost")
    if not kept:
        return ""
    results = kept[0]["results"]
    rows = [[f"{name}, published", *cells, "-"] for name, cells in COST.items()]
    for name, cells in results["profiles"].items():
        parameters = f"{cells['parameters'] / 1e6:.2f} million" if cells["parameters"] else "none"
        eager = f"{cells['eager']:.3f}" if cells["eager"] else "-"
        rows.append([f"`{name}`", parameters, f"{cells['seconds']:.3f}", eager])
    obfuscators = [[name, f"{seconds:.3f}"] for name, seconds in results["obfuscators"].items()]
    return (
        _INTRODUCTION.format(machine=results["machine"], runs=kept[0]["conditions"]["runs"])
        + table(("", "parameters", "seconds a batch", "the same network, eagerly in torch"), rows)
        + "Obfuscating the batch comes on top:\n\n"
        + table(("obfuscator", "seconds a batch"), obfuscators)
    )


_INTRODUCTION = """\
A batch of 16 faces at 112 x 112: protection without the obfuscator, key maps and rounding to 8 bits
included; the median of {runs} runs on {machine}. The published times are of an RTX 3090, and the
paper's own include the obfuscator, so the columns say how much work there is and do not compare.

"""
