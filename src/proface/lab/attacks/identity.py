"""Whether what an attacker got of test faces tells who they are."""

from dataclasses import dataclass

from ...arrays import Picture
from ..evaluation.recognition import Embeddings, Recogniser, Transforms, align, verification_rate
from .base import AttackSetting, Faces, Figures, compare
from .protected_faces import FOLDER, digest, keep_array

FALSE_ACCEPT_RATE = 0.01
"""Rate of strangers taken for the person, at which verification rates are given: pure chance."""


@dataclass(frozen=True)
class Identities:
    """The originals of a set of test faces as a recogniser knows them."""

    recogniser: Recogniser
    faces: Faces
    transforms: Transforms
    gallery: Embeddings

    @classmethod
    def of(
        cls, setting: AttackSetting, recogniser: Recogniser, faces: Faces
    ) -> "Identities | None":
        """None for a set that lacks pairs, of one person or of different people.

        Raises:
            ModelError: the detector cannot be loaded.
        """
        if {same for *_, same in faces.pairs} != {True, False}:
            return None
        path = setting.out / FOLDER / f"alignment-{faces.name}-{digest(faces.pictures)}.npy"
        transforms = keep_array(path, lambda: align(faces.pictures))
        return cls(recogniser, faces, transforms, recogniser.embed(faces.pictures, transforms))

    def verified(self, pictures: Picture) -> float:
        """Share of true pairs recognised by what an attacker got, at `FALSE_ACCEPT_RATE`."""
        probe = self.recogniser.embed(pictures, self.transforms)
        return verification_rate(probe, self.gallery, self.faces.pairs, FALSE_ACCEPT_RATE)


def judge(pictures: Picture, faces: Faces, identities: "Identities | None") -> Figures:
    """``psnr``, ``ssim``, ``lpips`` to the originals, and ``verified`` where there are pairs."""
    figures = compare(pictures, faces.pictures)
    return figures | ({"verified": identities.verified(pictures)} if identities else {})
