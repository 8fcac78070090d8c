"""Quality on a few held-out faces while training goes on."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from ...arrays import Picture
from ...keys import PictureKey
from ...profile.trained.model_card import FlowKind
from ...profile.trained.rounding import Rounding
from ..data.obfuscation import obfuscate_in_turn
from ..data.pictures import list_pictures, load_face
from ..evaluation.metrics import psnr
from ..network.flow import TorchFlow
from ..network.model import ProFaceS
from .losses import ANSWERS, Mode
from .recipe import Recipe

FACES = 24
_KEY, _WRONG_KEY = PictureKey.from_bytes(bytes(32)), PictureKey.from_bytes(bytes([1]) * 32)


@dataclass(frozen=True)
class Validation:
    """Faces and their obfuscated forms, N x 112 x 112 x 3, uint8."""

    originals: Picture
    obfuscated: Picture
    flow: FlowKind
    mode: Mode

    @classmethod
    def of(cls, folder: Path, crop: float, recipe: Recipe) -> "Validation":
        """The first faces of a folder, obfuscators taking turns at the test settings."""
        paths = list_pictures(folder)[:FACES]
        originals = [load_face(path, crop) for path in paths]
        obfuscated = obfuscate_in_turn(originals, recipe.obfuscators)
        return cls(np.stack(originals), obfuscated, recipe.flow, recipe.mode)

    def measure(
        self, network: ProFaceS, device: torch.device, rounding: Rounding
    ) -> dict[str, float]:
        """PSNR in dB through 8 bits, by name."""
        protected, recovered, wrong = self._run(network, device, rounding, slice(None))
        return {
            "protected": float(psnr(protected, self.obfuscated).mean()),
            "recovered": float(psnr(recovered, self.originals).mean()),
            "wrong_to_original": float(psnr(wrong, self.originals).mean()),
            "wrong_to_obfuscated": float(psnr(wrong, self.obfuscated).mean()),
        }

    def sheet(self, network: ProFaceS, device: torch.device, rounding: Rounding) -> Image.Image:
        """Six faces, a row each: original, obfuscated, protected, recovered, wrong key."""
        some = slice(0, 6)
        made = self._run(network, device, rounding, some)
        columns = (self.originals[some], self.obfuscated[some], *made)
        rows = np.concatenate([np.concatenate(list(column)) for column in columns], axis=1)
        return Image.fromarray(rows)

    def _run(
        self, network: ProFaceS, device: torch.device, rounding: Rounding, some: slice
    ) -> tuple[Picture, Picture, Picture]:
        flow = TorchFlow(network, self.flow, ANSWERS[self.mode], device, rounding)
        protected = flow.protect(self.originals[some], self.obfuscated[some], _KEY)
        return protected, flow.recover(protected, _KEY), flow.recover(protected, _WRONG_KEY)
