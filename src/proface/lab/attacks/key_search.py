"""Attack 3: gradient search for the key map.

Knows: the program, the weights, one protected picture; not the password. He knows what pictures
look like: neighbouring pixels are alike, and the face averaged over squares of 8 x 8 pixels is
about the published picture averaged so.

Does: relaxes the key map to numbers between -1 and 1 (the hyperbolic tangent of free variables) and
follows the gradient of those two wishes through the network, with Adam. Where the flow is hardened,
a map gives only the shuffled payload, which is noise under the right map as under a wrong one, and
says nothing to an image prior. All he can do is guess a shuffle, and search for the map whose
payload makes a face under that guess.

Figures: ``psnr``, ``ssim``, ``lpips`` of what he recovers to the original; ``bits`` the share of
the map's entries whose sign he got right, where chance is one half. ``neighbours`` is the mean
correlation of neighbouring values in the payload, and ``deviation`` their standard deviation: what
could tell a right map from a wrong one.
"""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812 - the customary name
from torch import Tensor

from ...arrays import Floats, Picture
from ...keys import PictureKey
from ...profile.trained.pilots import CHANNELS
from ..data.pictures import to_tensor
from ..network.installed import load_torch
from ..network.model import ProFaceS
from ..network.wavelet import dwt
from ..reporting.tables import table
from .base import (
    AttackSetting,
    Figures,
    Finding,
    Measured,
    Target,
    attack_each,
    compare,
    protect_all,
)
from .charts import QUALITY, link, mean_rows, psnr_chart
from .gradient import STEPS, find_maps
from .raw import RawFlow, Secrets, mixed, raw_flows
from .unshuffle import rebuild

NAME = "key-search"
TITLE = "Searching the key map by gradient"

FACES = 2
"""Of each set and obfuscator."""
_RATE = 0.05
_VARIATION_WEIGHT = 0.3
_SQUARE = 8
ALONE, RIGHT = "obfuscated alone", "right key"
RELAXED, ROUNDED = "map found", "map found, rounded to -1 and 1"


def run(setting: AttackSetting) -> list[Finding]:
    """See the module, and `base.Attack`."""
    flows = raw_flows(setting.profiles)

    def attack(target: Target) -> Measured:
        key = setting.key(NAME, target.profile, target.faces.name)
        protected = protect_all(target.profile, target.originals, target.obfuscated, key)
        yield ALONE, compare(target.obfuscated, target.originals)
        yield from _search(setting, flows[target.profile], target.originals, protected, key)

    return attack_each(setting, NAME, attack, list(flows), FACES)


def _search(
    setting: AttackSetting, raw: RawFlow, originals: Picture, protected: Picture, key: PictureKey
) -> Measured:
    true = raw.secrets(key, 0, protected.shape)
    wrong = raw.secrets(setting.key(NAME, "guess"), 0, protected.shape)
    yield RIGHT, compare(raw.recover(protected, true), originals)
    network = load_torch(raw.flow.card.name)
    steps = min(setting.steps, STEPS)
    picture = paper_picture if raw.hardened is None else guessed_picture(wrong)
    generator = torch.Generator().manual_seed(setting.seed)
    maps = search(network, to_tensor(protected), picture, steps, generator)
    rounded = maps.sign().numpy()
    found = Secrets(maps.numpy(), ()), Secrets(rounded, ())
    bits = {"bits": float(np.mean(rounded == true.maps))}
    for case, secrets in zip((RELAXED, ROUNDED), found, strict=True):
        recovered = raw.recover(protected, mixed(secrets, wrong))
        yield case, compare(recovered, originals) | bits
    if raw.hardened is not None:
        yield "payload under the right map", _whiteness(raw, protected, true.maps)
        yield "payload under a random map", _whiteness(raw, protected, wrong.maps)


PictureOf = Callable[[ProFaceS, Tensor, Tensor], Tensor]
"""(network, protected, key maps) -> recovered pictures, all but the first N x C x H x W."""


def paper_picture(network: ProFaceS, protected: Tensor, maps: Tensor) -> Tensor:
    """What the paper's flow recovers, N x 3 x H x W in about [-1, 1]."""
    return network.inverse(protected, maps)[0]


def guessed_picture(guess: Secrets) -> PictureOf:
    """What the hardened flow recovers if the shuffles are as guessed."""

    def picture(network: ProFaceS, protected: Tensor, maps: Tensor) -> Tensor:
        x, y = network.uncouple(dwt(protected), dwt(maps))
        return rebuild(x[:, -CHANNELS:], y, guess)

    return picture


def search(
    network: ProFaceS,
    protected: Tensor,
    picture: PictureOf,
    steps: int,
    generator: torch.Generator,
) -> Tensor:
    """Key maps under which the recovered pictures look like pictures, by Adam.

    ``protected`` is N x 3 x H x W in [-1, 1], H and W at least 8; maps are N x 1 x H x W in
    (-1, 1). ``picture`` gives what a map recovers, ``generator`` where the search begins.
    """

    def loss(maps: Tensor) -> Tensor:
        return unlikeness(picture(network, protected, maps), protected)

    return find_maps(protected, loss, steps, _RATE, generator)


def unlikeness(recovered: Tensor, protected: Tensor) -> Tensor:
    """How little pictures look like pictures whose averages over squares are the protected ones'.

    Both N x 3 x H x W.
    """
    squares = F.avg_pool2d(recovered, _SQUARE) - F.avg_pool2d(protected, _SQUARE)
    return squares.abs().mean() + _VARIATION_WEIGHT * total_variation(recovered)


def total_variation(pictures: Tensor) -> Tensor:
    """Mean difference of neighbours, of N x C x H x W."""
    across = (pictures[..., 1:] - pictures[..., :-1]).abs().mean()
    down = (pictures[..., 1:, :] - pictures[..., :-1, :]).abs().mean()
    return across + down


def _whiteness(raw: RawFlow, protected: Picture, maps: Floats) -> Figures:
    """What the payload under a map shows without the shuffle."""
    if raw.hardened is None:
        return {}
    payloads, _ = raw.hardened.extract(protected, maps)
    height, width = (side // 2 for side in protected.shape[1:3])
    planes = payloads.reshape(-1, height, width)
    pairs = ((plane[:, 1:].ravel(), plane[:, :-1].ravel()) for plane in planes)
    neighbours = [float(np.corrcoef(*pair)[0, 1]) for pair in pairs]
    return {"neighbours": float(np.mean(neighbours)), "deviation": float(payloads.std())}


def section(findings: list[Finding], figures: Path) -> str:
    """See `base.Attack`."""
    rows = mean_rows(findings, (*QUALITY, ("bits", "{:.1%}"), ("neighbours", "{:+.4f}")))
    titles = ("profile", "what", "PSNR", "SSIM", "LPIPS", "map's signs right", "neighbours")
    if not findings:
        return _SUMMARY + table(titles, rows)
    chart = figures / f"{NAME}.png"
    cases = (ALONE, RELAXED, RIGHT)
    psnr_chart(findings, cases, chart, "What a search for the key map recovers")
    return _SUMMARY + link(chart, "What a search recovers") + "\n" + table(titles, rows)


_SUMMARY = """\
Instead of guessing, someone turns every entry of the key map a little into the direction that makes
the recovered picture look more like a picture, some hundred times. It needs a notion of what comes
out right, which a picture has and noise has not. In the hardened profiles the map alone leads to
noise (*neighbours*: how alike neighbouring values of what is found are, 0 for noise), so that he
has to guess the shuffle as well, and no gradient leads through a guess.

"""
