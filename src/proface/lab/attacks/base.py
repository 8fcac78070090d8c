"""What all attacks share: test faces, a run's setting, findings and their files, keys and seeds."""

import hashlib
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from ...arrays import Picture
from ...errors import DamagedPictureError, ModelError, OptionError
from ...keys import PictureKey
from ...profile.sealed import sealing
from ..data.obfuscation import obfuscate
from ..data.pictures import list_pictures, load_face
from ..evaluation.lpips import Lpips
from ..evaluation.metrics import Quality
from ..evaluation.sealed_flow import open_flow
from ..reporting.writing import write_json

Figures = dict[str, float]
"""What was measured, by name: ``psnr`` (dB), ``ssim``, ``lpips``, ``verified`` (share),
``auc``, ``seconds`` and so on."""

TRAINING_CROP = 0.9
"""Share of a training picture's side that the face takes, see `data.load_face`."""
_PAIRS_FILE = "test_pairs.txt"
_BATCH = 20


@dataclass(frozen=True)
class Faces:
    """Test faces of one set."""

    name: str
    """``celeba``, ``lfw``: the name given by the user, else the folder's name."""
    paths: tuple[Path, ...]
    pictures: Picture
    """uint8, N x 112 x 112 x 3, in the order of the paths."""
    pairs: tuple[tuple[int, int, bool], ...]
    """Indices of two faces, and whether they show one person; empty if that is not known."""

    @classmethod
    def load(cls, name: str, folder: Path, crop: float, limit: int | None = None) -> "Faces":
        """Read the faces of a folder, at most ``limit`` of them, the first by name.

        ``crop`` is the share of a picture's side that the face takes. A file ``test_pairs.txt``
        beside the folder names pairs, a line each: file, file, 1 or 0 for the same person or not,
        tabs between.

        Raises:
            PictureError: the folder holds no pictures, or a broken one.
            OptionError: the file of pairs cannot be understood.
        """
        paths = tuple(list_pictures(folder)[:limit])
        pictures = np.stack([load_face(path, crop) for path in paths])
        return cls(name, paths, pictures, _read_pairs(folder.parent / _PAIRS_FILE, paths))

    def obfuscated(self, obfuscator: str) -> Picture:
        """All faces obfuscated at the paper's test setting; the pictures' shape.

        Raises:
            ObfuscatorError: there is no such obfuscator.
        """
        return obfuscate(self.pictures, obfuscator)

    def first(self, count: int) -> "Faces":
        """The first faces alone, and the pairs among them."""
        pairs = tuple(pair for pair in self.pairs if max(pair[:2]) < count)
        return Faces(self.name, self.paths[:count], self.pictures[:count], pairs)


@dataclass(frozen=True)
class Target:
    """Faces of one set, behind one obfuscator, under one profile."""

    profile: str
    """Empty for faces that are obfuscated alone."""
    faces: Faces
    obfuscator: str

    @property
    def originals(self) -> Picture:
        """uint8, N x 112 x 112 x 3."""
        return self.faces.pictures

    @cached_property
    def obfuscated(self) -> Picture:
        """The same faces at the paper's test setting; the same shape."""
        return self.faces.obfuscated(self.obfuscator)


Measured = Iterable[tuple[str, Figures]]
"""Cases and what was measured of them."""


@dataclass(frozen=True)
class AttackSetting:
    """What all attacks of a run share."""

    profiles: tuple[str, ...]
    """Such as ``("paper-randwr", "randwr", "sealed")``."""
    obfuscators: tuple[str, ...]
    test: tuple[Faces, ...]
    train: tuple[Path, ...]
    """Pictures that a learning attacker may train on; `TRAINING_CROP` is their crop."""
    out: Path
    """Folder of the findings."""
    seed: int = 0
    steps: int = 4000
    """Training steps of learning attackers."""
    threads: int = 0
    """Of torch; 0 for as many as there are cores."""
    keys: int = 1000
    """Random keys that `wrong_keys` tries."""

    def generator(self, *labels: str) -> np.random.Generator:
        """Random numbers for one purpose: the same for equal seed and labels, else unrelated."""
        return np.random.default_rng(list(self._digest("numbers", *labels)))

    def key(self, *labels: str) -> PictureKey:
        """The key of a picture for one purpose; attackers do not use it."""
        return PictureKey.from_bytes(self._digest("key", *labels))

    def summary(self) -> dict[str, Any]:
        """What a reader of the findings must know of the run, without names of folders."""
        return {
            "profiles": list(self.profiles),
            "faces": {faces.name: len(faces.paths) for faces in self.test},
            "training_pictures": len(self.train),
            "steps": self.steps,
            "keys": self.keys,
            "seed": self.seed,
        }

    def _digest(self, *labels: str) -> bytes:
        return hashlib.sha256(json.dumps([self.seed, *labels]).encode()).digest()


@dataclass(frozen=True)
class Finding:
    """One row of results."""

    attack: str
    """The attack's ``NAME``."""
    profile: str
    """Empty where none is involved."""
    data: str
    """The name of the set of faces; empty where none is involved."""
    obfuscator: str
    """Empty where none is involved."""
    case: str
    """Such as ``1 bit of the password`` or ``obfuscated alone``."""
    figures: Figures


def attack_each(
    setting: AttackSetting,
    name: str,
    attack: Callable[[Target], Measured],
    profiles: Sequence[str],
    count: int | None = None,
) -> list[Finding]:
    """Findings of an attack on every profile, set of faces and obfuscator.

    ``name`` is the attack's ``NAME``; ``count`` limits the faces of each set to the first ones.
    """
    targets = [
        Target(profile, faces if count is None else faces.first(count), obfuscator)
        for profile in profiles
        for faces in setting.test
        for obfuscator in setting.obfuscators
    ]
    return [
        Finding(name, target.profile, target.faces.name, target.obfuscator, case, figures)
        for target in targets
        for case, figures in attack(target)
    ]


class Attack(Protocol):
    """What every module of an attack has at its top level."""

    NAME: str
    """As users type it, such as ``wrong-keys``: the module's name with hyphens."""
    TITLE: str
    """Such as ``Wrong keys``."""

    def run(self, setting: AttackSetting) -> list[Finding]:
        """Attack.

        Raises:
            ProfaceError: what the setting asks for cannot be had.
        """

    def section(self, findings: list[Finding], figures: Path) -> str:
        """What was found, for a reader who is no expert: Markdown below a heading of the report's.

        It has no headings of the first two ranks. Charts go into the folder ``figures``, as PNG
        files whose names begin with the attack's; links are relative to the folder's parent.
        """


def protect_all(name: str, originals: Picture, obfuscated: Picture, key: PictureKey) -> Picture:
    """Protect faces as the application does; face n has index n, and so secrets of its own.

    Originals, obfuscated and published faces are uint8, N x H x W x 3.

    Raises:
        ModelError: the profile is unknown, or cannot be run.
    """
    flow = open_flow(name)
    parts = [slice(start, start + _BATCH) for start in range(0, len(originals), _BATCH)]
    return np.concatenate(
        [flow.protect(originals[part], obfuscated[part], key, part.start) for part in parts]
    )


def unseal(protected: Picture, key: PictureKey, face_index: int) -> Picture | None:
    """A face that `sealed` protected, uint8 H x W x 3; None if the key does not open it."""
    try:
        return sealing.unseal_face(protected, key.face(face_index), b"").original
    except DamagedPictureError:
        return None


def compare(a: Picture, b: Picture) -> Figures:
    """Mean ``psnr`` (dB), ``ssim`` and ``lpips`` of pairs of pictures, uint8 N x H x W x 3.

    Raises:
        ModelError: LPIPS's weights are missing.
    """
    lpips = Lpips()
    parts = [slice(start, start + _BATCH) for start in range(0, len(a), _BATCH)]
    each = [Quality.of(a[part], b[part], lpips) for part in parts]
    weights = [len(a[part]) for part in parts]
    return {
        name: float(np.average([getattr(quality, name) for quality in each], weights=weights))
        for name in ("psnr", "ssim", "lpips")
    }


def findings_path(out: Path, attack: str) -> Path:
    """Where the findings of an attack lie in the folder of a run."""
    return out / f"findings-{attack}.json"


def save_findings(setting: AttackSetting, attack: str, findings: Iterable[Finding]) -> Path:
    """Write what an attack found, with the run's summary; findings of other profiles are kept.

    Raises:
        ModelError: the file is there, and damaged.
        OutputError: the folder cannot be written.
    """
    path = findings_path(setting.out, attack)
    run = (setting.summary(), list(findings))
    replaced = {one.profile for one in run[1]}
    earlier = load_findings(path) if path.exists() else []
    kept = [
        (summary, [one for one in found if one.profile not in replaced])
        for summary, found in earlier
    ]
    runs = [
        {"setting": summary, "findings": [asdict(one) for one in found]}
        for summary, found in [*kept, run]
        if found
    ]
    write_json(path, runs)
    return path


def load_findings(path: Path) -> list[tuple[dict[str, Any], list[Finding]]]:
    """Read what `save_findings` wrote: each run's summary, and its findings.

    Raises:
        ModelError: the file is missing or not of this program.
    """
    try:
        return [
            (dict(run["setting"]), [Finding(**one) for one in run["findings"]])
            for run in json.loads(path.read_bytes())
        ]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelError(f"{path} cannot be read as findings ({error!r})") from error


def _read_pairs(path: Path, paths: tuple[Path, ...]) -> tuple[tuple[int, int, bool], ...]:
    """The pairs of a file of which both pictures are there; none if there is no file."""
    if not path.is_file():
        return ()
    places = {face.name: place for place, face in enumerate(paths)}
    pairs = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        fields = line.split("\t")
        if len(fields) != 3 or fields[2] not in ("0", "1"):
            raise OptionError(f"{path}, line {number}: expected file, file, 1 or 0, not {line!r}")
        if fields[0] in places and fields[1] in places:
            pairs.append((places[fields[0]], places[fields[1]], fields[2] == "1"))
    return tuple(pairs)
