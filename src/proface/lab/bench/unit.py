"""The unit that everything is compared by: one pass of the paper's network, 112 x 112, in eights.

The yardstick is what research code does: `network.model` in eager torch, float32, contiguous. It
computes the byproduct too; the exported graphs leave it out.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import torch

from ...arrays import Floats
from ...inference import engines
from ...inference.engines import Engine
from ...keys import PictureKey
from ...profile.trained import store
from ...profile.trained.flow import Flow
from ...profile.trained.hardened import Hardened
from ...profile.trained.model_card import GRAPH_FILES
from ..data.pictures import random_key_maps
from ..network.installed import checkpoint_of
from ..network.model import ProFaceS
from ..network.weights import load_network
from .timing import Timing, in_turn

BATCH, SIDE = 8, 112
PROFILE = "paper-randwr"
YARDSTICK = "torch eager float32"


def measure(seed: int) -> dict[str, Any]:
    """Time every way to run the network, and the application's steps around it.

    Returns:
        ``contestants`` by name: milliseconds a face, and the share of the yardstick's time.
    """
    network = shipped_network()
    generator = torch.Generator().manual_seed(seed)
    pictures = torch.rand(2, BATCH, 3, SIDE, SIDE, generator=generator) * 2 - 1
    inputs = (pictures[0], pictures[1], random_key_maps(BATCH, SIDE, SIDE, generator))
    passes = _passes(network, inputs)
    timings = in_turn(passes | _flows(seed), units=BATCH)
    yardstick = timings[YARDSTICK].median
    return {
        "batch": BATCH,
        "side": SIDE,
        "parameters": sum(each.numel() for each in network.parameters()),
        "yardstick": YARDSTICK,
        "contestants": {name: _row(timing, yardstick) for name, timing in timings.items()},
    }


def shipped_network() -> ProFaceS:
    """The network of the paper's profile, in evaluation mode."""
    return load_network(checkpoint_of(PROFILE))[0]


def processor_engines() -> dict[str, Engine]:
    """What the application can run a network with on this processor."""
    found = {"onnxruntime float32": engines.choose(["cpu"])}
    if engines.openvino_installed():
        found["openvino float32"] = engines.choose(["openvino-float32"])
        # Without the instructions bfloat16 is simulated, and its time says nothing.
        if engines.has_bfloat16():
            found["openvino bfloat16"] = engines.choose(["openvino-bfloat16"])
    return found


def _passes(network: ProFaceS, inputs: tuple[torch.Tensor, ...]) -> dict[str, Callable[[], object]]:
    graph = store.folder_of(PROFILE) / GRAPH_FILES[0]
    arrays: list[Floats] = [each.numpy() for each in inputs]
    last = [each.to(memory_format=torch.channels_last) for each in inputs]
    other = shipped_network().to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    def eager() -> object:
        with torch.inference_mode():
            return network(*inputs)

    def channels_last() -> object:
        with torch.inference_mode():
            return other(*last)

    passes: dict[str, Callable[[], object]] = {
        YARDSTICK: eager,
        "torch channels_last float32": channels_last,
    }
    for name, engine in processor_engines().items():
        session = engine.open(graph)
        passes[name] = partial(session.run, arrays)
    return passes


def _flows(seed: int) -> dict[str, Callable[[], object]]:
    """`Flow.protect` of the default profile: shuffle, key map and conversion to bytes and all.

    First without its correction, which is the network's one pass; then as it is.
    """
    generator = np.random.default_rng(seed)
    original = generator.integers(0, 256, (BATCH, SIDE, SIDE, 3), np.uint8)
    obfuscated = generator.integers(0, 256, (BATCH, SIDE, SIDE, 3), np.uint8)
    key = PictureKey.from_bytes(bytes(32))
    names = {"cpu": "onnxruntime float32"}
    if engines.openvino_installed():
        names["openvino"] = "openvino"
    flows: dict[str, Callable[..., object]] = {}
    for name, label in names.items():
        flow = Flow.load("randwr", [name])
        once = Hardened(flow.network, flow.card.architecture, flow.rounding, corrections=0)
        flows[f"Flow.protect, randwr, {label}, not corrected"] = once.protect
        flows[f"Flow.protect, randwr, {label}"] = flow.protect
    return {
        label: partial(protect, original, obfuscated, key, 0) for label, protect in flows.items()
    }


def _row(timing: Timing, yardstick: float) -> dict[str, Any]:
    low, high = timing.quartiles
    return {
        "milliseconds": round(timing.median * 1e3, 2),
        "quartiles": [round(low * 1e3, 2), round(high * 1e3, 2)],
        "runs": timing.runs,
        "of_yardstick": round(timing.median / yardstick, 3),
    }
