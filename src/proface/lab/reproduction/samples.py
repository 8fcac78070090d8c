"""Figures 5, 7, 8 and 9: what is to be seen.

Drawn of the sample that is shipped, for the page; and of the first face of each set, for the user's
own eyes, because those show real people and are not to be published.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from ...arrays import Picture
from ...faces import detector
from ...files import images
from ...keys import PictureKey
from ...obfuscators import REFERENCE_SIZE
from ...profile.sealed.profile import SEALED
from ...profile.trained.flow import Flow
from ...showcase.demo import SAMPLE
from ..attacks.byproducts import network_inputs
from ..attacks.raw import RawFlow
from ..data.obfuscation import obfuscate
from ..data.pictures import list_pictures, load_face, to_pictures
from ..network.installed import load_torch
from ..network.model import round_to_8_bits
from ..network.wavelet import dwt, iwt
from .flows import open_profile
from .setting import FOLDER, ReproductionSetting
from .sheet import difference, draw

TITLE = "Figures 5, 7, 8 and 9: what is to be seen"
_SECRET = bytes(range(32))
_KEY = PictureKey.from_bytes(_SECRET)
_NEAR = PictureKey.from_bytes(bytes([_SECRET[0] ^ 1]) + _SECRET[1:])
"""One bit away."""
_OTHER = PictureKey.from_bytes(bytes(range(100, 132)))
_PAIRS = {"paper": ("paper-randwr", "paper-obfswr"), "hardened": ("randwr", "obfswr")}


def run(setting: ReproductionSetting) -> None:
    """See `setting.Part`."""
    for folder, face in _faces(setting):
        for kind, (randwr, obfswr) in _PAIRS.items():
            if {randwr, obfswr} <= set(setting.profiles):
                _draw_samples(folder / f"samples-{kind}.png", face, randwr, obfswr, setting)
        _draw_differences(folder / "samples-differences.png", face, setting)
        networks = [name for name in setting.profiles if name != SEALED]
        _draw_attempts(folder / "samples-attempts.png", face, networks)
        _draw_byproducts(folder / "samples-byproducts.png", face, networks)


def sample_face() -> Picture:
    """The face of the sample that is shipped, 112 x 112 x 3."""
    pixels = images.read(SAMPLE).pixels
    box = max(detector.detect(pixels), key=lambda each: each.width * each.height)
    side = max(box.width, box.height)
    left, top = box.x + (box.width - side) / 2, box.y + (box.height - side) / 2
    size = (REFERENCE_SIZE, REFERENCE_SIZE)
    window = (left, top, left + side, top + side)
    face = Image.fromarray(pixels).resize(size, Image.Resampling.LANCZOS, box=window)
    return np.asarray(face)


def _faces(setting: ReproductionSetting) -> Iterator[tuple[Path, Picture]]:
    """Where figures go, and the face that they show."""
    yield setting.folder, sample_face()
    for each in setting.sets:
        first = list_pictures(each.folder)[0]
        yield setting.work / FOLDER / each.name, load_face(first, each.crop)


def _draw_samples(
    path: Path, face: Picture, randwr: str, obfswr: str, setting: ReproductionSetting
) -> None:
    """Figure 5."""
    columns = ("original", "obfuscated", "protected", "recovered")
    rows = {}
    for name in setting.obfuscators:
        obfuscated = obfuscate([face], name)
        pictures = [face, obfuscated[0]]
        for profile, keys in ((randwr, (_KEY, _OTHER)), (obfswr, (_OTHER,))):
            flow, _ = open_profile(profile)
            protected = flow.protect(face[None], obfuscated, _KEY, 0)
            if profile == randwr:
                pictures.append(protected[0])
            pictures += [flow.recover(protected, key, 0)[0] for key in keys]
        rows[name] = pictures
    draw(path, (*columns, "wrong key, RandWR", "wrong key, ObfsWR"), rows)


def _draw_differences(path: Path, face: Picture, setting: ReproductionSetting) -> None:
    """Figures 7 and 8."""
    rows = {}
    obfuscated = obfuscate([face], setting.obfuscators[-1])
    for name in setting.profiles:
        flow, _ = open_profile(name)
        protected = flow.protect(face[None], obfuscated, _KEY, 0)
        recovered = flow.recover(protected, _KEY, 0)[0]
        apart = difference(protected[0], obfuscated[0]), difference(recovered, face)
        rows[name] = [face, obfuscated[0], protected[0], apart[0], recovered, apart[1]]
    names = ("original", "obfuscated", "protected", "difference x 10", "recovered")
    draw(path, (*names, "difference x 10"), rows)


def _draw_attempts(path: Path, face: Picture, profiles: list[str]) -> None:
    """Figure 9a: recovery with other keys, and from the merely obfuscated picture."""
    obfuscated = obfuscate([face], "gaussian")
    rows = {}
    for name in profiles:
        flow = Flow.load(name)
        protected = flow.protect(face[None], obfuscated, _KEY, 0)
        attempts = ((protected, _KEY), (protected, _NEAR), (protected, _OTHER), (obfuscated, _KEY))
        rows[name] = [protected[0], *(flow.recover(*attempt)[0] for attempt in attempts)]
        if flow.card.secret and flow.card.wrong_recovery == "noise":
            raw = RawFlow(name)
            shown = [
                raw.recover(given, raw.secrets(key, 0, given.shape))[0] for given, key in attempts
            ]
            rows[f"{name}, attacker's\nown program"] = [protected[0], *shown]
    columns = ("protected", "right key", "key 1 bit away", "another key", "from the obfuscated")
    draw(path, columns, rows)


@torch.inference_mode()
def _draw_byproducts(path: Path, face: Picture, profiles: list[str]) -> None:
    """Figure 9b: the other outputs of the network, clipped to the range of pictures."""
    obfuscated = obfuscate([face], "gaussian")
    rows = {}
    for name in profiles:
        raw, network = RawFlow(name), load_torch(name)
        right, wrong = (
            dwt(torch.from_numpy(raw.secrets(key, 0, obfuscated.shape).maps))
            for key in (_KEY, _OTHER)
        )
        x, y = network.couple(*network_inputs(raw, face[None], obfuscated, _KEY), right)
        published = round_to_8_bits(iwt(y), raw.flow.rounding)
        backward = [network.uncouple(dwt(published), secret)[1] for secret in (right, wrong)]
        planes = torch.cat([iwt(x), *(iwt(each) for each in backward)])
        rows[name] = [face, obfuscated[0], *to_pictures(planes)]
    names = ("of protection", "of recovery", "of a wrong key")
    columns = ("original", "obfuscated", *(f"byproduct\n{name}" for name in names))
    draw(path, columns, rows)


def section(folder: Path) -> str:
    """See `setting.Part`."""
    parts = [
        f"![{path.stem}]({folder.name}/{path.name})\n\n{text}\n"
        for name, text in _TEXTS.items()
        if (path := folder / f"samples-{name}.png").exists()
    ]
    return "\n".join(parts)


_TEXTS = {
    "paper": "*Figure 5: every obfuscator with the paper's profiles, `paper-randwr` and, in the "
    "last column, `paper-obfswr`.*",
    "hardened": "*The same with the hardened flow. What comes back badly here, the application "
    "hides again in a calmer cover.*",
    "differences": "*Figures 7 and 8: protected to obfuscated and recovered to original, the "
    "differences magnified ten times.*",
    "attempts": "*Figure 9a: malicious recovery. The profiles of the hardened flow notice a wrong "
    "key and answer as their mode says; an attacker's own program shows what comes out.*",
    "byproducts": "*Figure 9b: the byproducts of protection, and of recovery with the right and a "
    "wrong key. The paper's showed the original in that of protection; ours look like their key "
    "maps, and what can be found in them stands in [attack 6]"
    "(attacks.md#6-the-byproducts-of-the-network). The application never computes it.*",
}
