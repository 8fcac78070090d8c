"""The trained network at run time: a runtime on the graphs of a profile.

There are two kinds: the paper's flow (`paper`), and the hardened one (`hardened`), which keeps its
secret.
"""

import os
from collections.abc import Callable, Sequence
from functools import lru_cache, partial

import numpy as np

from ...arrays import Picture
from ...errors import OptionError, PasswordError, PictureError, ProfaceError
from ...inference import engines
from ...inference.network import Network
from ...keys import FaceKey, PictureKey
from ..base import WrongRecovery
from . import store
from .hardened import Hardened
from .model_card import GRAPH_FILES, SENSITIVITY_FILE, ModelCard
from .paper import PaperFlow
from .rounding import NEAREST, Rounding


class Flow:
    """A trained model that protects and recovers; make one with `Flow.load`.

    One object serves any number of threads.
    """

    def __init__(self, card: ModelCard, network: Network, rounding: Rounding = NEAREST) -> None:
        self.card = card
        """What is known of the model."""
        self.network = network
        """What runs its graphs."""
        self.rounding = rounding
        """Of what is protected."""
        self.hardened = Hardened(network, card.architecture, rounding) if card.secret else None
        """The hardened flow's own steps, for those who attack it; None for the paper's."""
        self._steps = self.hardened or PaperFlow(network, card.architecture, rounding)

    @classmethod
    def load(cls, profile: str, providers: Sequence[str] | None = None) -> "Flow":
        """Load a profile's model.

        Args:
            profile: one of `profiles()`.
            providers: what shall run it, in order of preference, see `proface.inference.engines`;
                None for OpenVINO where it is installed, and else the processor by ONNX Runtime.
                What a provider cannot do is left to the processor.

        Raises:
            ModelError: the profile is unknown or damaged, or a provider is not installed.
        """
        engines.choose(providers)  # a provider that is missing is refused before anything is read
        card, files = store.read(profile)
        # Protection corrects for what bfloat16 costs, and recovery cannot; so it runs in float32
        # even where bfloat16 was asked for. The paper's flow, which keeps the face itself, runs in
        # bfloat16 for nobody who did not ask for it.
        engine = engines.choose(providers, bfloat16=card.secret)
        corrected = card.secret and engine.precision == "bfloat16"
        exact = engines.choose(["openvino-float32"] if corrected else providers)
        graphs = {name: files[name] for name in GRAPH_FILES}
        network = Network(card.name, graphs, engine, {GRAPH_FILES[1]: exact})
        return cls(card, network, Rounding.read(files[SENSITIVITY_FILE].read_bytes()))

    @property
    def provider(self) -> str:
        """What runs it: OpenVINO with its precision, or ONNX Runtime's name of a provider.

        It is ``CPUExecutionProvider`` where the one asked for is installed but finds no device.
        """
        return self.network.provider

    def protect(
        self,
        original: Picture,
        obfuscated: Picture,
        key: PictureKey | FaceKey,
        face: int = 0,
    ) -> Picture:
        """Protect faces: keep the originals in their obfuscated pictures.

        Args:
            original: uint8, H x W x 3 or N x H x W x 3, RGB. Any H and W from 1 with the
                paper's flow, from 8 with the hardened one.
            obfuscated: the same faces obfuscated, of the same shape.
            key: of this one picture, from `PictureKey.generate` or `Key.for_picture`; or of the
                face. Never use it for another picture: faces that share a key give it away.
            face: index of the (first) face in its picture. Each face of a batch counts one more,
                so that each has a key of its own. Of no use with a face's key.

        Returns:
            The protected faces: uint8, the original's shape. They look like the obfuscated.

        Raises:
            PictureError: an array is of another type or shape, or too small.
            PasswordError: the key is of no picture or face, but a master key.
            ModelError: the model cannot be run.
        """
        if np.shape(original) != np.shape(obfuscated):
            raise PictureError(
                f"original and obfuscated picture differ in shape: {np.shape(original)} and "
                f"{np.shape(obfuscated)}"
            )
        return self._in_chunks(self._steps.protect, (original, obfuscated), key, face)

    def recover(
        self,
        protected: Picture,
        key: PictureKey | FaceKey,
        face: int = 0,
        wrong_recovery: WrongRecovery | None = None,
    ) -> Picture:
        """Recover the originals of protected faces.

        Args:
            protected: uint8, H x W x 3 or N x H x W x 3, RGB, as `protect` returned it.
            key: the one that protected, or that of the face.
            face: the index that protected.
            wrong_recovery: what a wrong key gives: ``noise``, ``obfuscated``, or an ``error``. None
                for what the profile promises. The paper's flow learned its answer, and takes none.

        Returns:
            The recovered faces: uint8, of the same shape.

        Raises:
            PictureError: the array is of another type or shape.
            PasswordError: as for `protect`.
            OptionError: the paper's flow was given a wrong recovery.
            DamagedPictureError: a key is wrong, and that is to be an error.
            ModelError: the model cannot be run.
        """
        if self.hardened is None:
            if wrong_recovery is not None:
                raise OptionError(f"'{self.card.name}' learned what a wrong key gives")
            return self._in_chunks(self._steps.recover, (protected,), key, face)
        step = partial(
            self.hardened.recover, wrong_recovery=wrong_recovery or self.card.wrong_recovery
        )
        return self._in_chunks(step, (protected,), key, face)

    def _in_chunks(
        self,
        step: Callable[..., Picture],
        pictures: tuple[Picture, ...],
        key: PictureKey | FaceKey,
        face: int,
    ) -> Picture:
        """Take as many pictures at once as memory allows."""
        batches = [_check(picture, face) for picture in pictures]
        count, height, width, _ = batches[0].shape
        keys = face_keys(key, face, count)
        result = np.empty_like(batches[0])
        at_once = max(1, self.network.tile_side**2 // (height * width))
        for first in range(0, count, at_once):
            some = slice(first, first + at_once)
            result[some] = step(*(batch[some] for batch in batches), keys[some])
        return result.reshape(pictures[0].shape)


def loaded(name: str, providers: Sequence[str] | None = None) -> Flow:
    """A model as `Flow.load` gives it, kept ready for the next picture; the last two are kept.

    Raises:
        ModelError: as for `Flow.load`.
    """
    chosen = (providers,) if isinstance(providers, str) else tuple(providers or ())
    return _loaded(name, chosen, os.environ.get(store.VARIABLE), os.environ.get(engines.VARIABLE))


@lru_cache(maxsize=2)
def _loaded(
    name: str,
    providers: tuple[str, ...],
    folder: str | None,
    named: str | None,
) -> Flow:
    """Under both variables too, for the models and what runs them differ with those."""
    return Flow.load(name, providers)


def face_keys(key: PictureKey | FaceKey, face: int, count: int) -> list[FaceKey]:
    """The keys of consecutive faces, ``face`` being the index of the first.

    Raises:
        PasswordError: the key is of no picture, or of one face where there are several.
    """
    if isinstance(key, PictureKey):
        return [key.face(face + index) for index in range(count)]
    if isinstance(key, FaceKey):
        if count == 1:
            return [key]
        raise PasswordError(f"the key of one face was given for {count} faces")
    raise PasswordError(
        f"a flow takes the key of one picture, and no {type(key).__name__}: faces that share a key "
        "give it away to whoever knows some of them. Make one with PictureKey.generate(), or with "
        "key.for_picture(salt) and 16 random bytes that serve no other picture"
    )


def _check(picture: Picture, face: int) -> Picture:
    """The pictures as N x H x W x 3.

    Raises:
        PictureError: not uint8, or of another shape.
        ProfaceError: the face index is negative.
    """
    kind = f"{getattr(picture, 'dtype', type(picture).__name__)} of shape {np.shape(picture)}"
    if not isinstance(picture, np.ndarray) or picture.dtype != np.uint8:
        raise PictureError(f"faces are uint8 arrays, not {kind}")
    if picture.ndim not in (3, 4) or picture.shape[-1] != 3 or 0 in picture.shape[-3:]:
        raise PictureError(f"faces are H x W x 3 or N x H x W x 3, not {kind}")
    batch = picture if picture.ndim == 4 else picture[None]
    if not 0 <= face <= 2**32 - len(batch):
        raise ProfaceError(f"face indices run from 0 to 2^32 - 1, not from {face}")
    return batch
