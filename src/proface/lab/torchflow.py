"""The application's flow interface on a torch network, for judging a model before export."""

import numpy as np
import torch
from torch import Tensor

from ..keys import Key
from ..obfuscators import Picture
from .data import to_pictures, to_tensor
from .network import ProFaceS


class TorchFlow:
    """`proface.Flow` with a network in memory: same calls, same arrays."""

    def __init__(self, network: ProFaceS, device: torch.device | None = None) -> None:
        self.network = network
        self.device = device or torch.device("cpu")

    def _key_maps(self, key: Key, face: int, shape: tuple[int, ...]) -> Tensor:
        maps = [key.map(face + index, *shape[1:3]) for index in range(shape[0])]
        return torch.from_numpy(np.stack(maps)[:, None]).float().to(self.device)

    @torch.inference_mode()
    def protect(self, original: Picture, obfuscated: Picture, key: Key, face: int = 0) -> Picture:
        """See `proface.Flow.protect`; uint8, N x H x W x 3, H and W even."""
        maps = self._key_maps(key, face, original.shape)
        protected, _ = self.network(
            to_tensor(original).to(self.device), to_tensor(obfuscated).to(self.device), maps
        )
        return to_pictures(protected)

    @torch.inference_mode()
    def recover(self, protected: Picture, key: Key, face: int = 0) -> Picture:
        """See `proface.Flow.recover`; uint8, N x H x W x 3, H and W even."""
        maps = self._key_maps(key, face, protected.shape)
        recovered, _ = self.network.inverse(to_tensor(protected).to(self.device), maps)
        return to_pictures(recovered)
