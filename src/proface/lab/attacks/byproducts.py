"""Attack 6: the byproducts of the network.

Knows: the program, the weights, and here the very numbers that the network makes on its way and
that the application throws away: the other output of protection, and that of recovery.

Does: maps a byproduct to the original as well as an affine map can that takes the twelve wavelet
channels of the one to those of the other; he is given the best such map for every single face. In a
second try he also knows the key map, and takes it off first. Then he looks for a byproduct among
the outputs of every graph that is installed.

Figures: ``psnr``, ``ssim``, ``lpips`` of the fit to the original. The same fit of the obfuscated
picture stands beside it, for a fit flatters. ``outputs`` is the number of outputs of a profile's
graph, and ``byproducts`` the number of those that should not be there.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import onnx
import torch
from torch import Tensor

from ...arrays import Floats, Picture
from ...inference.network import GraphRunner, to_bytes
from ...keys import PictureKey
from ...profile.trained import store
from ...profile.trained.flow import face_keys
from ...profile.trained.hardened import Hardened
from ...profile.trained.model_card import GRAPH_FILES
from ...profile.trained.pilots import CHANNELS
from ..data.pictures import to_tensor
from ..network.graphs import graphs_of
from ..network.installed import load_torch
from ..network.model import round_to_8_bits
from ..network.wavelet import dwt, iwt
from ..reporting.tables import table
from .base import AttackSetting, Figures, Finding, Measured, Target, attack_each, compare
from .charts import QUALITY, mean_rows
from .raw import RawFlow, raw_flows

NAME = "byproducts"
TITLE = "The byproducts of the network"

FACES = 20
ALONE = "obfuscated picture"
FORWARD, BACKWARD = "byproduct of protection", "byproduct of recovery"
LESS_MAP = "byproduct of protection, less the key map"


def run(setting: AttackSetting) -> list[Finding]:
    """See the module, and `base.Attack`."""
    findings = [
        Finding(NAME, name, "", "", f"graph {file}", figures)
        for name in store.profiles()
        for file, figures in graph_outputs(name).items()
    ]
    flows = raw_flows(setting.profiles)

    def attack(target: Target) -> Measured:
        key = setting.key(NAME, target.profile, target.faces.name)
        for case, planes in _planes(flows[target.profile], target, key):
            yield case, compare(best_fit(planes, target.originals), target.originals)

    return findings + attack_each(setting, NAME, attack, list(flows), FACES)


def graph_outputs(name: str) -> dict[str, Figures]:
    """By graph of an installed profile: how many ``outputs`` it has, and ``byproducts`` of them."""
    card, files = store.read(name)
    expected = graphs_of(load_torch(name), card.flow)
    result = {}
    for file in GRAPH_FILES:
        graph = onnx.load(files[file], load_external_data=False).graph
        outputs = [output.name for output in graph.output]
        strangers = [output for output in outputs if output not in expected[file].outputs]
        result[file] = {"outputs": float(len(outputs)), "byproducts": float(len(strangers))}
    return result


def best_fit(planes: Floats, originals: Picture) -> Picture:
    """The nearest to the originals that an affine map of wavelet channels makes of planes.

    Planes are N x 3 x H x W of any range; originals and result are uint8, N x H x W x 3.
    """
    given, wanted = dwt(torch.from_numpy(planes)).double(), dwt(to_tensor(originals)).double()
    fits = []
    for features, target in zip(given.flatten(2), wanted.flatten(2), strict=True):
        known = torch.cat((features, torch.ones_like(features[:1]))).T.numpy()
        solution, *_ = np.linalg.lstsq(known, target.T.numpy(), rcond=None)
        fits.append((known @ solution).T)
    bands = torch.from_numpy(np.stack(fits)).float().reshape(wanted.shape)
    return to_bytes(iwt(bands).numpy())


@torch.inference_mode()
def _planes(raw: RawFlow, target: Target, key: PictureKey) -> Iterator[tuple[str, Floats]]:
    """The byproducts of faces, N x 3 x H x W, by case."""
    network, originals, obfuscated = load_torch(target.profile), target.originals, target.obfuscated
    maps = torch.from_numpy(raw.secrets(key, 0, originals.shape).maps)
    secret = dwt(maps)
    x, y = network.couple(*network_inputs(raw, originals, obfuscated, key), secret)
    byproduct = iwt(x)
    _, back = network.uncouple(dwt(round_to_8_bits(iwt(y), raw.flow.rounding)), secret)
    yield ALONE, to_tensor(obfuscated).numpy()
    yield FORWARD, byproduct.numpy()
    yield LESS_MAP, (byproduct - maps).numpy()
    yield BACKWARD, iwt(back).numpy()


class _Recorder:
    """Keeps what the hardened flow hands to its network when it last protects."""

    carrier: Floats
    payload: Floats

    def __init__(self, runner: GraphRunner) -> None:
        self._runner = runner
        self.precision, self.tile_side = runner.precision, runner.tile_side

    def run(self, graph: str, inputs: Sequence[Floats], reach: int) -> list[Floats]:
        if graph == GRAPH_FILES[0]:
            self.carrier, self.payload, _ = inputs
        return self._runner.run(graph, inputs, reach)


def network_inputs(
    raw: RawFlow, originals: Picture, obfuscated: Picture, key: PictureKey
) -> tuple[Tensor, Tensor]:
    """X and y of eq. 7, N x 12 x H/2 x W/2: what the network couples when it protects faces.

    Faces are uint8, N x H x W x 3.
    """
    if raw.hardened is None:
        return dwt(to_tensor(originals)), dwt(to_tensor(obfuscated))
    flow, recorder = raw.flow, _Recorder(raw.flow.network)
    corrections = raw.hardened.corrections
    hardened = Hardened(recorder, flow.card.architecture, flow.rounding, corrections)
    hardened.protect(originals, obfuscated, face_keys(key, 0, len(originals)))
    payload = torch.from_numpy(recorder.payload)
    bands = torch.cat((torch.zeros_like(payload[:, : 12 - CHANNELS]), payload), dim=1)
    return bands, dwt(torch.from_numpy(recorder.carrier))


def section(findings: list[Finding], figures: Path) -> str:
    """See `base.Attack`."""
    graphs = [finding for finding in findings if "outputs" in finding.figures]
    shown = [finding for finding in findings if "psnr" in finding.figures]
    rows = mean_rows(shown, QUALITY)
    titles = ("profile", "what he sees", "PSNR of the best fit", "SSIM", "LPIPS")
    strangers = sum(finding.figures["byproducts"] for finding in graphs)
    return (
        _SUMMARY
        + table(titles, rows)
        + f"Looked at: {len(graphs)} graphs of installed profiles. Outputs that are byproducts: "
        f"**{strangers:.0f}**.\n"
    )


_SUMMARY = """\
The network makes more than the protected picture. The paper says that the other half, its
byproduct, shows the original in part and must be thrown away at once. This is how much anyone would
see who got hold of it, and knew the best way to tint it and to weigh its coarse and fine parts. The
application never computes the byproduct of protection. That of recovery is, in the hardened
profiles, the obfuscated picture itself, on which the recovered face is built; it shows nothing that
is not public.

"""
