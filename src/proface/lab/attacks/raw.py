"""A flow without the tool's manners: what an attacker with code of his own makes of faces.

The application derives key map and shuffle from one key, and answers a key that it knows to be
wrong with noise or with what everyone sees. Here any map goes with any shuffle, and whatever comes
out is shown.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from ...arrays import Floats, Picture
from ...inference.network import to_bytes, to_floats
from ...keys import FaceKey, PictureKey
from ...profile.sealed.profile import SEALED
from ...profile.trained.flow import Flow, face_keys
from ...profile.trained.hardened import Hardened, to_levels
from ...profile.trained.model_card import GRAPH_FILES
from ...profile.trained.paper import key_maps
from ...profile.trained.pilots import pilots
from ...profile.trained.shuffle import Shuffle

_BATCH = 20
_RECOVER = GRAPH_FILES[1]


@dataclass(frozen=True)
class Secrets:
    """All that a key decides about consecutive faces."""

    maps: Floats
    """Key maps, N x 1 x H x W, each entry -1 or 1, or in between for a guess."""
    shuffles: tuple[Shuffle, ...]
    """Of the hardened flow; empty for the paper's."""
    pilots: tuple[Floats, ...] = ()
    """Likewise, of each face."""

    def __getitem__(self, some: slice) -> "Secrets":
        """The secrets of some of the faces."""
        return Secrets(self.maps[some], self.shuffles[some], self.pilots[some])

    @classmethod
    def join(cls, parts: "Sequence[Secrets]") -> "Secrets":
        """The secrets of all faces of several."""
        return cls(
            np.concatenate([part.maps for part in parts]),
            tuple(chain.from_iterable(part.shuffles for part in parts)),
            tuple(chain.from_iterable(part.pilots for part in parts)),
        )


class RawFlow:
    """Recovery by an installed profile that has a network, with secrets of any origin.

    Faces have even sides.

    Raises:
        ModelError: the profile is unknown or damaged.
    """

    def __init__(self, name: str) -> None:
        self.flow = Flow.load(name)
        self.hardened = self.flow.hardened
        """The hardened flow's own steps; None for the paper's."""

    def secrets(self, key: PictureKey | FaceKey, face: int, shape: tuple[int, ...]) -> Secrets:
        """What a key decides about faces ``face`` and following; ``shape`` is N x H x W x 3."""
        count, height, width = shape[:3]
        keys = face_keys(key, face, count)
        maps = key_maps(keys, height, width)
        if self.hardened is None:
            return Secrets(maps, ())
        return Secrets(
            maps,
            tuple(self.hardened.shuffle(each, height, width) for each in keys),
            tuple(pilots(each, height, width) for each in keys),
        )

    def recover(self, protected: Picture, secrets: Secrets) -> Picture:
        """Whatever comes out; uint8, N x H x W x 3, as the protected faces."""
        return self.recover_with_pilots(protected, secrets)[0]

    def recover_with_pilots(
        self, protected: Picture, secrets: Secrets
    ) -> tuple[Picture, list[float]]:
        """The same, and the pilots' correlations, of which the paper's flow has none."""
        starts = range(0, len(protected), _BATCH)
        parts = [slice(start, start + _BATCH) for start in starts]
        results = [self._recover(protected[part], secrets[part]) for part in parts]
        return (
            np.concatenate([pictures for pictures, _ in results]),
            [value for _, correlations in results for value in correlations],
        )

    def _recover(self, protected: Picture, secrets: Secrets) -> tuple[Picture, list[float]]:
        if self.hardened is None:
            architecture = self.flow.card.architecture
            reach = architecture.reach(2 * architecture.blocks - 1)
            inputs = [to_floats(protected), secrets.maps]
            (output,) = self.flow.network.run(_RECOVER, inputs, reach)
            return to_bytes(output), []
        payloads, estimates = self.hardened.extract(protected, secrets.maps)
        rebuilt = [
            self._rebuild(self.hardened, *face)
            for face in zip(payloads, estimates, secrets.shuffles, secrets.pilots, strict=True)
        ]
        pictures, correlations = zip(*rebuilt, strict=True)
        return np.stack(pictures), list(correlations)

    @staticmethod
    def _rebuild(
        hardened: Hardened, payload: Floats, estimate: Floats, shuffle: Shuffle, known: Floats
    ) -> tuple[Picture, float]:
        face, correlation = hardened.rebuild(shuffle.undo(payload), estimate, known)
        return to_levels(face), correlation


def mixed(maps: Secrets, shuffles: Secrets) -> Secrets:
    """The key maps of one, and the shuffles of the other."""
    return Secrets(maps.maps, shuffles.shuffles, shuffles.pilots)


def flip_map(secrets: Secrets, generator: np.random.Generator) -> Secrets:
    """Every key map with one entry, chosen at random, turned round."""
    maps = secrets.maps.copy()
    for face in maps[:, 0]:
        row, column = (int(generator.integers(side)) for side in face.shape)
        face[row, column] *= -1
    return Secrets(maps, secrets.shuffles, secrets.pilots)


def known_in_part(
    shuffle: Shuffle, share: float, generator: np.random.Generator, guess: bool = True
) -> Shuffle:
    """A shuffle of which an attacker knows a share of the places and of each sign vector.

    Which they are is random. The rest is guessed: places in random order, random signs. Without
    ``guess``, values of unknown sign are taken for zero, which is wiser: their sign is 0 then.
    """
    count = len(shuffle.order)
    order = shuffle.order.copy()
    unknown = _unknown(count, share, generator)
    order[unknown] = generator.permutation(order[unknown])
    vectors: list[NDArray[np.int8]] = []
    for true in (shuffle.signs, shuffle.turns, shuffle.mask):
        signs = true.copy()
        places = _unknown(count, share, generator)
        signs[places] = generator.choice(np.array([-1, 1], np.int8), len(places)) if guess else 0
        vectors.append(signs)
    if not guess:
        vectors[0][unknown] = 0
    return Shuffle(order, *vectors)


def _unknown(count: int, share: float, generator: np.random.Generator) -> NDArray[np.intp]:
    """Places of which nothing is known."""
    return generator.permutation(count)[round(share * count) :]


def raw_flows(names: Sequence[str]) -> dict[str, RawFlow]:
    """The profiles that have a network, by name.

    Raises:
        ModelError: a profile is unknown or damaged.
    """
    return {name: RawFlow(name) for name in names if name != SEALED}
