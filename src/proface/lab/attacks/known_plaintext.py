"""Attack 4: known pairs of original and protected picture, used on another picture.

Knows: the program, the weights, pictures that were protected by one owner, and the originals of
some. An original gives him its obfuscated form too.

Does: fits a key map to the pair by gradient, so that the network makes of the original just what
was published, and uses that map on the second picture. Many maps explain one pair, and the search
finds one of them, with numbers between -1 and 1, and not the true one; so he is also given more
than he can compute: all true secrets of the first picture. Both are done with a key of each
picture, as the application always has it, and without. Without one, the paper's derivation makes
one key map for all pictures of a password; of the hardened flow, one face key serves for all
pictures, which is a misuse that `Flow` refuses a master key for, and that takes building it from
face keys on purpose.

Under such a key he does more with many known pairs: he computes the whole shuffle from them
(`shared_shuffle`), and opens with it pictures of which he knows nothing. The same is tried where
every picture has a key of its own.

Figures: ``psnr``, ``ssim``, ``lpips`` of what he recovers of unknown pictures, to their originals;
``bits`` the share of the entries of a key map that he has right, where chance is one half;
``shuffle`` the share of places of the shuffle that he has right, where chance is nothing, and
``correlation`` that of the values that he reads with the true ones. ``pairs`` is how many he knew.
"""

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import Tensor

from ...arrays import Picture
from ...keys import SALT_BYTES, Derivation, FaceKey, Key, PictureKey
from ...profile.trained.hardened import Hardened
from ..data.obfuscation import obfuscate
from ..data.pictures import to_tensor
from ..network.installed import load_torch
from ..network.model import ProFaceS
from ..reporting.tables import table
from .base import AttackSetting, Figures, Finding, Measured, Target, attack_each, compare
from .charts import QUALITY, link, mean_rows, psnr_chart
from .gradient import STEPS, find_maps
from .raw import RawFlow, Secrets, raw_flows
from .shared_shuffle import find_shuffle, known_values, likeness, open_with

NAME = "known-plaintext"
TITLE = "One leaked original"

PAIRS = 2
"""Of a known and an unknown picture, of each set and obfuscator."""
_RATE = 0.3
ALONE, RIGHT = "obfuscated alone", "right key"
SHARED, SALTED = "one key for all pictures", "a key of each picture"
FITTED, GIVEN = "map fitted to the first", "all secrets of the first"
SHUFFLE = "shuffle from many pairs"
KNOWN, UNKNOWN = 400, 20
"""Pictures whose originals he has for the whole shuffle, and that he opens then."""
LEAST_KNOWN = 300
"""With fewer pictures than this, and those to open, the search for the shuffle is left out."""
SIDE = 32
"""Of those pictures, in pixels: the search takes time as the square of their pixels."""
_PASSWORD = "correct horse battery staple"  # noqa: S105 - the example of everyone


def run(setting: AttackSetting) -> list[Finding]:
    """See the module, and `base.Attack`."""
    flows = raw_flows(setting.profiles)

    def attack(target: Target) -> Measured:
        return _attack(setting, flows[target.profile], target)

    def search(target: Target) -> Measured:
        hardened = flows[target.profile].hardened
        if hardened is None or len(target.originals) < LEAST_KNOWN + UNKNOWN:
            return
        originals = np.stack([_small(face) for face in target.originals])
        obfuscated = obfuscate(originals, target.obfuscator)
        yield from search_shuffle(setting, hardened, originals, obfuscated)

    return [
        *attack_each(setting, NAME, attack, list(flows), 2 * PAIRS),
        *attack_each(setting, NAME, search, list(flows), KNOWN + UNKNOWN),
    ]


def _attack(setting: AttackSetting, raw: RawFlow, target: Target) -> Measured:
    """The first half of the faces is known, and the second under attack."""
    originals, obfuscated = target.originals, target.obfuscated
    half = len(originals) // 2
    unknown = originals[half:]
    yield ALONE, compare(obfuscated[half:], unknown)
    for case, salted in ((SHARED, False), (SALTED, True)):
        keys = _keys(setting, raw, salted, len(originals))
        protected = np.concatenate(
            [
                raw.flow.protect(originals[n : n + 1], obfuscated[n : n + 1], key)
                for n, key in enumerate(keys)
            ]
        )
        secrets = [raw.secrets(key, 0, (1, *originals.shape[1:])) for key in keys]
        first, second = Secrets.join(secrets[:half]), Secrets.join(secrets[half:])
        if salted:
            yield RIGHT, compare(raw.recover(protected[half:], second), unknown)
        known = {GIVEN: first}
        if raw.hardened is None:
            maps = fit_maps(
                load_torch(target.profile),
                to_tensor(originals[:half]),
                to_tensor(obfuscated[:half]),
                to_tensor(protected[:half]),
                steps=min(setting.steps, STEPS),
                generator=torch.Generator().manual_seed(setting.seed),
            )
            known[FITTED] = Secrets(maps.numpy(), ())
        for source, secret in known.items():
            bits = {"bits": float(np.mean(np.sign(secret.maps) == second.maps))}
            recovered = raw.recover(protected[half:], secret)
            yield f"{source}, {case}", compare(recovered, unknown) | bits


def search_shuffle(
    setting: AttackSetting,
    hardened: Hardened,
    originals: Picture,
    obfuscated: Picture,
) -> Measured:
    """The whole shuffle from known pairs; the last `UNKNOWN` pictures are under attack.

    Original and obfuscated pictures are uint8, N x H x W x 3, H and W even.
    """
    count = len(originals)
    keys = {
        SHARED: [setting.key(NAME).face(0)] * count,
        SALTED: [key.face(0) for key in _picture_keys(setting, count)],
    }
    unknown, size = slice(count - UNKNOWN, None), f"{originals.shape[2]} pixels"
    yield f"{ALONE}, {size}", compare(obfuscated[unknown], originals[unknown])
    for case, own in keys.items():
        protected = hardened.protect(originals, obfuscated, own)
        recovered = hardened.recover(protected[unknown], own[unknown])
        yield f"{RIGHT}, {size}, {case}", compare(recovered, originals[unknown])
        figures = _search(hardened, originals, protected, own)
        yield f"{SHUFFLE}, {size}, {case}", figures


def _search(
    hardened: Hardened, originals: Picture, protected: Picture, keys: list[FaceKey]
) -> Figures:
    """What the last `UNKNOWN` pictures show; their keys only judge the result."""
    count, height, width, _ = protected.shape
    known, unknown = slice(count - UNKNOWN), slice(count - UNKNOWN, None)
    # Any key map will do: it hides nothing of the payload.
    payloads, found = hardened.extract(protected, np.zeros((count, 1, height, width), np.float32))
    values = known_values(hardened, originals, found)
    shuffle = find_shuffle(payloads[known], values[known])
    attacked = zip(payloads[unknown], found[unknown], strict=True)
    opened = np.stack([open_with(hardened, shuffle, *each) for each in attacked])
    read = np.stack([shuffle.undo(payload) for payload in payloads[unknown]])
    true = (hardened.shuffle(key, height, width) for key in keys[unknown])
    return compare(opened, originals[unknown]) | {
        "pairs": float(len(values[known])),
        "shuffle": float(np.mean([shuffle.share_right(each) for each in true])),
        "correlation": likeness(read, values[unknown]),
    }


def _small(face: Picture) -> Picture:
    return np.asarray(cv2.resize(face, (SIDE, SIDE), interpolation=cv2.INTER_AREA), np.uint8)


def _keys(
    setting: AttackSetting, raw: RawFlow, salted: bool, count: int
) -> Sequence[PictureKey | FaceKey]:
    """The keys of pictures of one owner; one key for all is a face's, which `Flow` takes."""
    if salted:
        return _picture_keys(setting, count)
    if raw.hardened is None:
        return [Key.derive(_PASSWORD, derivation=Derivation("paper")).for_picture(b"")] * count
    return [setting.key(NAME).face(0)] * count


def _picture_keys(setting: AttackSetting, count: int) -> list[PictureKey]:
    generator = setting.generator(NAME, "salts")
    key = Key.from_bytes(generator.bytes(32))
    return [key.for_picture(generator.bytes(SALT_BYTES)) for _ in range(count)]


def fit_maps(
    network: ProFaceS,
    original: Tensor,
    obfuscated: Tensor,
    protected: Tensor,
    steps: int,
    generator: torch.Generator,
) -> Tensor:
    """Key maps under which the network makes of known originals what was published.

    The published pictures alone lead there. Asking for the recovery as well finds maps that recover
    the known originals and no others. Pictures are N x 3 x H x W in [-1, 1], maps N x 1 x H x W in
    (-1, 1); ``generator`` draws where the search begins.
    """

    def loss(maps: Tensor) -> Tensor:
        published: Tensor = network(original, obfuscated, maps)[0]
        return (published - protected).abs().mean()

    return find_maps(original, loss, steps, _RATE, generator)


def section(findings: list[Finding], figures: Path) -> str:
    """See `base.Attack`."""
    columns = (("bits", "{:.1%}"), ("shuffle", "{:.1%}"), ("correlation", "{:+.3f}"))
    rows = mean_rows(findings, (*QUALITY, *columns))
    titles = (
        *("profile", "unknown picture recovered with", "PSNR", "SSIM", "LPIPS", "map right"),
        *("shuffle right", "correlation of what is read"),
    )
    if not findings:
        return _SUMMARY + table(titles, rows)
    chart, title = figures / f"{NAME}.png", "What one leaked original opens"
    opened = (f"{GIVEN}, {SALTED}", f"{FITTED}, {SHARED}", f"{GIVEN}, {SHARED}")
    psnr_chart(findings, (ALONE, *opened, RIGHT), chart, title)
    return _SUMMARY + link(chart, title) + "\n" + table(titles, rows)


_SUMMARY = f"""\
The owner of a password published protected pictures, and the originals of some leaked. Does that
open the others? The attacker computes what he can from one pair (*map fitted*); and, to be on the
safe side, he is also handed *all secrets* of the first picture. With the paper's way to make keys
these open the second picture as well, for one password makes one key map for all pictures. In
`proface`, every picture has a random key of its own, and so unrelated secrets (*{SALTED}*), and
that closes this door.

The hardened profiles with *{SHARED}* are a misuse of the library, which refuses a master key and
has to be given one face's key again and again. Then it is no help that nobody hands over a secret:
{LEAST_KNOWN} to {KNOWN} pairs of {SIDE} x {SIDE} pixels give the whole shuffle (*{SHUFFLE}*), and
that opens pictures of which nothing was known. The same computation finds nothing where every
picture has its own key.

"""
