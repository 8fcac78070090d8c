"""The 3 x 1,000 test faces that the paper promised, from the data sets as they are downloaded.

CelebA's test partition, LFW, and the last tenth of FFHQ (V-A1). Which pictures are chosen depends
on seed and file names alone: names are ranked by SHA-256, so that every machine and every version
of every library chooses alike. Faces are cut out where the data set's own alignment puts them, such
that eyes and mouth are at much the same places in all three.
"""

import hashlib
import secrets
import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from PIL import Image
from tqdm import tqdm

from ...arrays import Picture
from ...errors import OptionError, OutputError, PictureError
from ...obfuscators import REFERENCE_SIZE
from ..reporting.writing import write_json
from .pictures import open_picture

MANIFEST = "benchmark.json"
VERSION = 1
_NEW, _REPLACED = "new", "replaced"
_TEST = "2"
"""CelebA's number for its test partition."""
_FFHQ_TEST = 63_000
"""First of the last tenth of FFHQ's 70,000."""


@dataclass(frozen=True)
class Candidate:
    """A picture that may be chosen."""

    name: str
    """Of the file, by which it is ranked."""
    path: Path
    identity: str
    """Who it shows; empty if that is not known."""


@dataclass(frozen=True)
class SourceSet:
    """One data set as it is downloaded."""

    list: Callable[[Path], Iterator[Candidate]]
    """All pictures that may be chosen, in any order."""
    size: tuple[int, int] | None
    """Width and height of every picture; None for square ones of any size."""
    box: tuple[float, float, float, float]
    """Of the face: left, top, right, bottom, in shares of width and height."""


@dataclass(frozen=True)
class Chosen:
    """What the manifest says of a picture."""

    file: str
    """Within the benchmark."""
    source: str
    """File name in the data set."""
    identity: str
    source_sha256: str
    pixels_sha256: str
    """Of the face's samples, 112 x 112 x 3 bytes: equal pixels, whoever compressed the file."""


def celeba(folder: Path) -> Iterator[Candidate]:
    """The test partition of CelebA's aligned pictures, in ``img_align_celeba``.

    Beside it lie ``list_eval_partition.txt``, or in ``Eval``, and, for the manifest to say who is
    shown, ``identity_CelebA.txt``, or in ``Anno``.

    Raises:
        OptionError: the folder lacks something, or a list cannot be understood.
    """
    pictures = folder / "img_align_celeba"
    if not pictures.is_dir():
        raise OptionError(f"{folder} is not CelebA as downloaded: it lacks img_align_celeba")
    partition = _find(folder, "list_eval_partition.txt", "Eval")
    if partition is None:
        raise OptionError(f"{folder} is not CelebA as downloaded: it lacks list_eval_partition.txt")
    known = _find(folder, "identity_CelebA.txt", "Anno")
    identities = _table(known) if known else {}
    for name, part in _table(partition).items():
        if part == _TEST:
            yield Candidate(name, pictures / name, identities.get(name, ""))


def lfw(folder: Path) -> Iterator[Candidate]:
    """All pictures of LFW, deep-funneled or as it is: a folder for each person."""
    for path in folder.glob("*/*.jpg"):
        yield Candidate(path.name, path, path.parent.name)


def ffhq(folder: Path) -> Iterator[Candidate]:
    """The last tenth of FFHQ: 63000.png to 69999.png, in subfolders or not, of any size."""
    for path in folder.rglob("*.png"):
        if path.stem.isdigit() and int(path.stem) >= _FFHQ_TEST:
            yield Candidate(path.name, path, "")


SOURCES = {
    # Aligned pictures have the eyes at (69.5, 111.5) and (108.5, 111.5): 112 pixels about them.
    "celeba": SourceSet(celeba, (178, 218), (33 / 178, 66 / 218, 145 / 178, 178 / 218)),
    "lfw": SourceSet(lfw, (250, 250), (0.26, 0.26, 0.74, 0.74)),
    "ffhq": SourceSet(ffhq, None, (0.15, 0.15, 0.85, 0.85)),
}


def choose(candidates: Iterator[Candidate], name: str, count: int, seed: int) -> list[Candidate]:
    """So many candidates of a data set, by the rank of their names; sorted by name.

    Raises:
        OptionError: there are too few, or two have one name.
    """
    known: dict[str, Candidate] = {}
    for each in candidates:
        if each.name in known:
            raise OptionError(f"{name}: {known[each.name].path} and {each.path} have one name")
        known[each.name] = each
    if len(known) < count:
        raise OptionError(
            f"{name}: {count} pictures are wanted, and {len(known)} found to choose from; is it "
            "the right folder, and complete? --count takes fewer"
        )
    ranked = sorted(
        known, key=lambda each: hashlib.sha256(f"{seed}/{name}/{each}".encode()).digest()
    )
    return [known[each] for each in sorted(ranked[:count])]


def cut(path: Path, source: SourceSet) -> Picture:
    """The face of a picture, uint8, 112 x 112 x 3, by Lanczos.

    Raises:
        PictureError: it cannot be read, or is not of the data set's size.
    """
    picture = open_picture(path)
    width, height = source.size or (min(picture.size), min(picture.size))
    if picture.size != (width, height):
        found = f"{picture.width} x {picture.height}"
        wanted = f"{width} x {height}" if source.size else "square"
        raise PictureError(f"{path} is {found} pixels, and should be {wanted}, as downloaded")
    left, top, right, bottom = source.box
    box = (left * width, top * height, right * width, bottom * height)
    size = (REFERENCE_SIZE, REFERENCE_SIZE)
    return np.asarray(picture.resize(size, Image.Resampling.LANCZOS, box=box))


def make(
    folders: Mapping[str, Path],
    out: Path,
    count: int = 1000,
    seed: int = 0,
    overwrite: bool = False,
) -> Path:
    """Write the benchmark: a folder of PNG files for each data set, and ``benchmark.json``.

    It appears as a whole or not at all. ``folders`` are those of data sets by the names of
    `SOURCES`, ``count`` the pictures of each, ``seed`` that of the choice; the benchmark's own
    is 0.

    Returns:
        The path of the manifest.

    Raises:
        OptionError: a data set is not as it is downloaded, or too small.
        PictureError: a picture cannot be read, or is of another size.
        OutputError: the folder exists, and is none that may be replaced, or cannot be written.
    """
    _check(out, overwrite)
    chosen = {
        name: choose(SOURCES[name].list(folder), name, count, seed)
        for name, folder in folders.items()
    }
    beside = out.with_name(f".{out.name}-{secrets.token_hex(4)}")
    try:
        sets = {name: _write(each, name, beside / _NEW) for name, each in chosen.items()}
        manifest = {
            "version": VERSION,
            "seed": seed,
            "size": REFERENCE_SIZE,
            "sets": {
                name: {"box": SOURCES[name].box, "pictures": [asdict(each) for each in pictures]}
                for name, pictures in sets.items()
            },
        }
        write_json(beside / _NEW / MANIFEST, manifest)
        if out.exists():
            out.rename(beside / _REPLACED)
        (beside / _NEW).rename(out)
    except OSError as error:
        raise OutputError(f"the benchmark cannot be written to {out} ({error})") from error
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    return out / MANIFEST


def _check(out: Path, overwrite: bool) -> None:
    """Refuse to replace anything but an empty folder, or a benchmark if that is wished."""
    if not out.exists() or (out.is_dir() and not any(out.iterdir())):
        return
    if not (out / MANIFEST).is_file():
        raise OutputError(f"{out} exists, and holds no benchmark; name another folder")
    if not overwrite:
        raise OutputError(f"{out} holds a benchmark; name another folder, or allow overwriting")


def _write(candidates: list[Candidate], name: str, folder: Path) -> list[Chosen]:
    (folder / name).mkdir(parents=True)
    written = []
    for each in tqdm(candidates, desc=name, unit="face", disable=None):
        face = cut(each.path, SOURCES[name])
        file = f"{name}/{Path(each.name).stem}.png"
        Image.fromarray(face).save(folder / file, "PNG")
        source, pixels = (
            hashlib.sha256(data).hexdigest() for data in (each.path.read_bytes(), face.tobytes())
        )
        written.append(Chosen(file, each.name, each.identity, source, pixels))
    return written


def _find(folder: Path, name: str, subfolder: str) -> Path | None:
    places = (folder / name, folder / subfolder / name)
    return next((path for path in places if path.is_file()), None)


def _table(path: Path) -> dict[str, str]:
    """A list of CelebA: a file name and a value on every line."""
    rows = {}
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    for number, line in enumerate(lines, 1):
        fields = line.split()
        if len(fields) != 2:
            raise OptionError(f"{path}, line {number}: expected a file and a number, not {line!r}")
        rows[fields[0]] = fields[1]
    return rows
