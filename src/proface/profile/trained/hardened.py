"""The hardened flow: a residual, shuffled with the key into white noise, in a trained carrier.

    R         = original - obfuscated, in weighted coefficients                (residual.Layout)
    payload   = shuffle_k(pilots, scale, and R times scale)                    (shuffle.Shuffle)
    protected = network(payload, obfuscated, key map), in 8 bits

    payload, obfuscated = network^-1(protected, key map)
    recovered = obfuscated + unshuffle_k(payload)

What is found is not quite what was kept: the inverse starts from the key map in place of what
the network left over, and from 8 bits. But whoever protects can look. So protection runs once more,
from the obfuscated picture that recovery found in place of the true one, and with the residual to
that (`CORRECTIONS`; with small faces, twice more). Near a picture that both directions have agreed
on, they err much less. Recovery does not know of it, and need not.

The network is a carrier and nothing more: it learned on obfuscated faces and on random noise as
strong as their residuals, and never saw an original. What a face leaves in the protected picture,
besides its obfuscated form, is noise, and equally strong for all faces of a size: the residual's
coefficients are multiplied by a scale that brings them to one strength, and the payload tells which
(`scale`).

Pilots are places whose values both sides know. After unshuffling with the right key they are found
again, whatever the face looks like, and show by how much all values have shrunk on their way and
how noisy they are. With a wrong key there is noise in their places. So a wrong key is noticed, and
answered as the profile's wrong-recovery mode says. That is a courtesy to users. Whoever computes
without it finds nothing but noise, which leaves him the obfuscated face.
"""

from collections.abc import Iterator

import cv2
import numpy as np

from ...arrays import Floats, Picture
from ...errors import DamagedPictureError, PictureError
from ...inference.network import GraphRunner, to_floats
from ...keys import FaceKey, noise
from ..base import WrongRecovery
from .model_card import GRAPH_FILES, Architecture
from .paper import FaceKeys, key_maps
from .pilots import CHANNELS, THRESHOLD, Told, pilot_count, pilots
from .residual import Layout
from .rounding import NEAREST, Rounding
from .scale import equalise, scale_count, tell
from .shuffle import Shuffle

SMALLEST_SIDE = 8
PAYLOAD_SCALE = np.float32(0.25)
"""Deviation of the payload that the network learned on, where a usual residual has 1."""
CORRECTIONS = 1
"""How often protection looks at what recovery finds, and starts again from there."""
SMALL_FACE = 64 * 64
"""Pixels up to which a face is corrected twice more: its loss is largest, its passes cheap."""
DAMAGE_WINDOW = (5, 5)
"""Places over which the strength of a payload is taken; with 9 channels, 225 values."""
DAMAGE_BOUNDS = (0.33, 2.5)
"""Strength relative to the usual one beyond which a place is taken for damaged. The mean of 225
squares has a deviation of a tenth."""
_LEAST_GAIN = 1e-3
"""Where the pilots are not found, so that nothing is infinite."""

_PROTECT, _RECOVER = GRAPH_FILES


class Hardened:
    """Protects and recovers batches, uint8, N x H x W x 3, RGB, sides from 8 pixels."""

    def __init__(
        self,
        network: GraphRunner,
        architecture: Architecture,
        rounding: Rounding = NEAREST,
        corrections: int | None = None,
    ) -> None:
        """Put a hardened flow together.

        Args:
            network: runs its graphs.
            architecture: of the network.
            rounding: of what is protected.
            corrections: how often what is protected is corrected; small faces are twice more,
                unless never. None for `CORRECTIONS`, and one more where bfloat16 costs quality.
        """
        if corrections is None:
            corrections = CORRECTIONS + (network.precision == "bfloat16")
        self.corrections = corrections
        self._network = network
        self._rounding = rounding
        self._protect_reach = architecture.reach(2 * architecture.blocks - 1)
        self._recover_reach = architecture.reach(2 * architecture.blocks)

    def protect(self, original: Picture, obfuscated: Picture, keys: FaceKeys) -> Picture:
        """The protected pictures; see `proface.Flow.protect`.

        Raises:
            PictureError: a side is below 8 pixels.
        """
        _, height, width, _ = original.shape
        if min(height, width) < SMALLEST_SIDE:
            raise PictureError(
                f"a face of {width} x {height} pixels is too small for this profile, which needs "
                f"{SMALLEST_SIDE} x {SMALLEST_SIDE}"
            )
        even = (slice(None), slice(height // 2 * 2), slice(width // 2 * 2))
        maps = key_maps(keys, height // 2 * 2, width // 2 * 2)
        protected = obfuscated.copy()
        more = 2 if self.corrections and height * width <= SMALL_FACE else 0
        for correction in range(self.corrections + more + 1):
            found = self.extract(protected, maps)[1] if correction else obfuscated
            payload = self._payload(original, found, keys)
            inputs = [to_floats(found[even]), payload, maps]
            del found, payload  # of a large face, each array is many megabytes
            (output,) = self._network.run(_PROTECT, inputs, self._protect_reach)
            protected[even] = self._rounding.to_bytes(output)
            del inputs, output
        return protected

    def _payload(self, original: Picture, found: Picture | Floats, keys: FaceKeys) -> Floats:
        """What is kept of faces, shuffled: N x 9 x H/2 x W/2."""
        count, height, width, _ = original.shape
        payload = np.empty((count, CHANNELS, height // 2, width // 2), np.float32)
        for index, key in enumerate(keys):
            values = self.values(original[index], found[index], key)
            shuffle = self.shuffle(key, height, width)
            payload[index] = shuffle.apply(values).reshape(payload.shape[1:])
            del shuffle  # of a large face, it is larger than the face
        payload *= PAYLOAD_SCALE
        return payload

    def values(self, original: Picture, found: Picture | Floats, key: FaceKey) -> Floats:
        """What is kept of one face, before it is shuffled: pilots, scale, what the layout packs.

        The sum of their squares is the same for all faces of a size.

        Args:
            original: uint8, H x W x 3.
            found: the obfuscated picture from which `rebuild` will start, as far as is known; the
                same shape, levels of 255.
            key: of the face.
        """
        height, width, _ = original.shape
        residual = np.subtract(original, found, dtype=np.float32)
        layout = layout_of(height, width)
        values = layout.pack(residual)
        scale = equalise(values[layout.telling :])
        known = pilots(key, height, width)
        return np.concatenate([known, tell(scale, self.payload_size(height, width)), values])

    def recover(
        self, protected: Picture, keys: FaceKeys, wrong_recovery: WrongRecovery = "noise"
    ) -> Picture:
        """The recovered pictures; see `proface.Flow.recover`.

        Raises:
            DamagedPictureError: a key is wrong, and that is to be an error.
        """
        _, height, width, _ = protected.shape
        result = protected.copy()
        if min(height, width) < SMALLEST_SIDE:
            return result
        for index, recovered in enumerate(self.recover_unrounded(protected, keys)):
            if recovered is not None:
                result[index] = to_levels(recovered)
            elif wrong_recovery == "noise":
                result[index] = noise(height, width)
            elif wrong_recovery == "error":
                raise DamagedPictureError("a face does not open: wrong key, or damaged picture")
        return result

    def recover_unrounded(self, protected: Picture, keys: FaceKeys) -> Iterator[Floats | None]:
        """Each recovered picture in levels of 255, neither clamped nor rounded; None: wrong key.

        Args:
            protected: uint8, N x H x W x 3, sides from 8 pixels.
            keys: of the faces.
        """
        count, height, width, _ = protected.shape
        maps = key_maps(keys, height // 2 * 2, width // 2 * 2)
        payloads, estimates = self.extract(protected, maps)
        del maps  # many megabytes of a large face
        payloads = without_damage(payloads.reshape(count, CHANNELS, height // 2, width // 2))
        for payload, estimate, key in zip(payloads, estimates, keys, strict=True):
            values = self.shuffle(key, height, width).undo(payload)
            known = pilots(key, height, width)
            recovered, correlation = self.rebuild(values, estimate, known)
            yield recovered if correlation >= THRESHOLD else None

    def extract(self, protected: Picture, maps: Floats) -> tuple[Floats, Floats]:
        """What the network finds in protected pictures.

        Args:
            protected: uint8, N x H x W x 3.
            maps: key maps, N x 1 x H x W, H and W rounded down to even numbers.

        Returns:
            The payloads, N x places, still shuffled; and the obfuscated pictures as the
            network finds them, N x H x W x 3 in levels of 255, not rounded.
        """
        count, height, width, _ = protected.shape
        even = (slice(None), slice(height // 2 * 2), slice(width // 2 * 2))
        inputs = [to_floats(protected[even]), maps]
        payload, carrier = self._network.run(_RECOVER, inputs, self._recover_reach)
        estimates = protected.astype(np.float32)
        estimates[even] = (carrier.transpose(0, 2, 3, 1) + 1) * np.float32(127.5)
        payload /= PAYLOAD_SCALE
        return payload.reshape(count, -1), estimates

    def rebuild(self, values: Floats, estimate: Floats, known: Floats) -> tuple[Floats, float]:
        """A face from its payload.

        Args:
            values: the payload that `extract` gives, unshuffled with the face's shuffle, or a
                guess.
            estimate: the obfuscated picture, as `extract` gives it.
            known: the face's pilots, or a guess.

        Returns:
            The face, H x W x 3 in levels of 255, neither clamped nor rounded; and the correlation
            of the pilots with those known, up to 1.
        """
        height, width, _ = estimate.shape
        told = Told.of(values, known)
        layout = layout_of(height, width)
        gain = max(told.gain, _LEAST_GAIN)
        recovered = layout.unpack(values[-layout.count :], gain, told.noise, told.scale)
        recovered += estimate
        return recovered, told.correlation

    def shuffle(self, key: FaceKey, height: int, width: int) -> Shuffle:
        """The shuffle of a face."""
        return Shuffle.draw(key, height, width, self.payload_size(height, width))

    def payload_size(self, height: int, width: int) -> int:
        """Places that a face of a size has: one a detail coefficient of its even part."""
        return CHANNELS * (height // 2) * (width // 2)


def to_levels(picture: Floats) -> Picture:
    """A picture in levels of 255, or beyond, as uint8."""
    levels: Picture = np.rint(picture.clip(0, 255)).astype(np.uint8)
    return levels


def without_damage(payloads: Floats) -> Floats:
    """Payloads with zeros where the picture was damaged.

    A payload is equally strong everywhere, because the shuffle spreads it. Where it is much
    stronger or weaker than elsewhere, something else was painted over it, and its values would be
    spread over the whole face as noise.

    Args:
        payloads: N x 9 x h x w.

    Returns:
        N x places.
    """
    cleaned = np.empty_like(payloads)
    for payload, clean in zip(payloads, cleaned, strict=True):
        energy = np.square(payload).mean(axis=0)
        local = cv2.blur(energy, DAMAGE_WINDOW, borderType=cv2.BORDER_REFLECT_101)
        usual = float(np.median(local))
        low, high = DAMAGE_BOUNDS
        clean[:] = payload * ((local >= low * usual) & (local <= high * usual))
    return cleaned.reshape(len(payloads), -1)


def layout_of(height: int, width: int) -> Layout:
    """Where the coefficients of a face go: all places but the first, of pilots and scale."""
    places = CHANNELS * (height // 2) * (width // 2)
    return Layout(height, width, places - pilot_count(height, width) - scale_count(places))
