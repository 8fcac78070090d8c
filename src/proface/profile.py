"""What `photo` needs of a profile: hide one face, and bring it back.

Two kinds: a trained flow, and `sealed`, which needs no training. They take the same arguments, so
that the rest of the program need not know which one it has.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

from . import flow, sealed, verified
from .arrays import Picture
from .errors import DamagedPictureError, ManifestError, ModelError, OptionError, PasswordError
from .files.manifest import CARRIERS, Carrier, Manifest
from .flow import Flow
from .keys import Key, noise_like

SEALED = "sealed"

WrongRecovery = Literal["error", "noise", "obfuscated"]
"""What a face that does not open becomes: an error, noise, or what everyone sees."""

_WRONG_RECOVERIES = ("error", "noise", "obfuscated")
_BITS = (1, 2)


@dataclass(frozen=True)
class Facts:
    """What a user wants to know of a profile."""

    name: str
    wrong_recovery: str
    """What a wrong password gives."""
    secret: bool
    """Whether pictures are kept secret from those who train a network of their own."""
    description: str
    licence: str


@dataclass(frozen=True)
class Hidden:
    """A face that is hidden."""

    pixels: Picture
    """What everyone sees: uint8, H x W x 3, RGB."""
    extra: Mapping[str, object] = field(default_factory=dict)
    """What the manifest keeps for the face."""
    seal: bytes = b""
    """The original, where it is carried beside the pixels."""
    quality: float | None = None
    """PSNR in dB of the face that the right key will recover; None where it is not known."""


class Profile(Protocol):
    """One way to hide faces and bring them back."""

    facts: Facts

    @property
    def provider(self) -> str:
        """What does the work."""

    @property
    def notes(self) -> tuple[str, ...]:
        """Sentences for everyone who protects a picture with it."""

    def protect(
        self, original: Picture, obfuscated: Picture, key: Key, index: int, associated: bytes
    ) -> Hidden:
        """Hide a face.

        Args:
            original: uint8, H x W x 3, RGB.
            obfuscated: the same face obfuscated, of the same shape.
            key: of the picture.
            index: of the face in its picture.
            associated: what must be the same at recovery, see `Manifest.associated`.

        Raises:
            PictureError: the face is too small to carry itself.
            ModelError: the model cannot be run.
        """

    def recover(
        self, hidden: Hidden, key: Key, index: int, associated: bytes
    ) -> tuple[Picture, tuple[str, ...]]:
        """Bring a face back.

        Args:
            hidden: as `protect` returned it, or what has become of it.
            key: as for `protect`.
            index: as for `protect`.
            associated: as for `protect`.

        Returns:
            The face, uint8, H x W x 3; and sentences for the user.

        Raises:
            DamagedPictureError: wrong password or damaged picture, where that is noticed.
            ModelError: the model cannot be run.
        """


class _FlowProfile:
    """A trained model; whatever it is given, it gives something back."""

    def __init__(self, flow: Flow) -> None:
        self._flow = flow
        self.facts = _flow_facts(flow)

    @property
    def provider(self) -> str:
        return self._flow.provider

    @property
    def notes(self) -> tuple[str, ...]:
        if self.facts.secret:
            return ()
        return (
            f"the profile '{self.facts.name}' reproduces the paper and does not keep a picture "
            "secret: anyone can train a network that recovers most of it without the password; "
            "the profiles 'randwr' and 'obfswr' do keep it",
        )

    def protect(
        self, original: Picture, obfuscated: Picture, key: Key, index: int, associated: bytes
    ) -> Hidden:
        best = verified.protect(self._flow, original, obfuscated, key, index)
        return Hidden(best.protected, best.extra, quality=best.decibels)

    def recover(
        self, hidden: Hidden, key: Key, index: int, associated: bytes
    ) -> tuple[Picture, tuple[str, ...]]:
        return verified.recover(self._flow, hidden.pixels, key, index, hidden.extra), ()


class _SealedProfile:
    """Faces coded, encrypted, and carried by the pixels or by the file."""

    provider = "CPU"
    notes = ()
    facts = Facts(
        name=SEALED,
        wrong_recovery="error",
        secret=True,
        description="Each face coded with JPEG 2000, encrypted with ChaCha20-Poly1305 and carried "
        "in the low bits of its pixels, or in the file; a wrong password is known to be wrong.",
        licence="MIT",
    )

    def __init__(
        self, carrier: Carrier, bits: int = 1, wrong_recovery: WrongRecovery = "error"
    ) -> None:
        self._carrier = carrier
        self._bits = bits
        self._wrong_recovery = wrong_recovery

    def protect(
        self, original: Picture, obfuscated: Picture, key: Key, index: int, associated: bytes
    ) -> Hidden:
        if self._carrier == "file":
            return Hidden(obfuscated, seal=sealed.seal_file(original, key, index, associated))
        face = sealed.seal_face(original, obfuscated, key, index, associated, self._bits)
        # For whoever inspects the picture. Nothing authenticates these: the codec that counts is
        # under the seal, and with other bits the seal does not open.
        extra = {"codec": face.codec, "bits": face.bits}
        return Hidden(face.protected, extra, quality=face.quality)

    def recover(
        self, hidden: Hidden, key: Key, index: int, associated: bytes
    ) -> tuple[Picture, tuple[str, ...]]:
        height, width = hidden.pixels.shape[:2]
        try:
            opened = self._open(hidden, key, index, associated)
        except DamagedPictureError:
            if self._wrong_recovery == "noise":
                return noise_like(key, index, height, width), ()
            if self._wrong_recovery == "obfuscated":
                return hidden.pixels, ()
            raise
        if opened.quality is None:
            return opened.original, ()
        return opened.original, (f"face {index} came back at {opened.quality} dB",)

    def _open(self, hidden: Hidden, key: Key, index: int, associated: bytes) -> sealed.Opened:
        if self._carrier == "file":
            height, width = hidden.pixels.shape[:2]
            return sealed.unseal_file(hidden.seal, key, index, height, width, associated)
        bits = _bits_of(hidden.extra, index)
        return sealed.unseal_face(hidden.pixels, key, index, associated, bits)


def profiles() -> list[str]:
    """Names of all ways to hide faces: the installed models, those that ``PROFACE_WEIGHTS`` adds.

    And `sealed`, which is always there.

    Raises:
        ModelError: the variable names no folder.
    """
    return sorted({*flow.profiles(), SEALED})


def facts(name: str) -> Facts:
    """What is known of a profile.

    Raises:
        ModelError: it is unknown or damaged.
    """
    return _SealedProfile.facts if name == SEALED else _flow_facts(Flow.load(name))


def for_protection(
    name: str,
    key_algorithm: str,
    carrier: Carrier = "pixels",
    bits: int | None = None,
    providers: Sequence[str] | None = None,
) -> Profile:
    """A profile that protects.

    Args:
        name: one of `profiles()`.
        key_algorithm: how the password becomes a key, see `proface.keys.Derivation`.
        carrier: ``file`` is for `sealed` only.
        bits: a sample, 1 or 2, for `sealed` in pixels; None for 1.
        providers: what shall run a model, see `Flow.load`; `sealed` has no use for any.

    Raises:
        OptionError: the options do not go together.
        PasswordError: `sealed` with the paper's key derivation, which anyone can search.
        ModelError: the profile is unknown or damaged, or a provider is not installed.
    """
    if carrier not in CARRIERS:
        raise OptionError(f"the carrier is '{carrier}', but must be one of {', '.join(CARRIERS)}")
    if name != SEALED:
        _refuse_option(name, "carrier 'file'", carrier == "file")
        _refuse_option(name, "choice of bits", bits is not None)
        return _FlowProfile(_load(name, providers))
    if bits is not None and bits not in _BITS:
        raise OptionError(f"{bits} bits a sample were asked for; possible are 1 and 2")
    if bits is not None and carrier == "file":
        raise OptionError("bits a sample are for the carrier 'pixels' only")
    if key_algorithm == "paper":
        raise PasswordError("the profile 'sealed' refuses the paper's key derivation; use argon2id")
    return _SealedProfile(carrier, bits or 1)


def sealed_in_pixels(bits: int = 1, wrong_recovery: WrongRecovery = "error") -> Profile:
    """The profile `sealed` for faces that have no manifest, such as those of an evaluation."""
    return _SealedProfile("pixels", bits, wrong_recovery)


def for_recovery(
    manifest: Manifest,
    wrong_recovery: WrongRecovery | None = None,
    providers: Sequence[str] | None = None,
) -> Profile:
    """The profile that a manifest names.

    Args:
        manifest: from a file of unknown origin.
        wrong_recovery: for `sealed` only; None for ``error`` there.
        providers: as for `for_protection`.

    Raises:
        OptionError: a wrong recovery was given for a trained profile, or is none of the three.
        ManifestError: it asks for what the profile cannot do.
        ModelError: the profile is unknown or damaged, or a provider is not installed.
    """
    if wrong_recovery not in (None, *_WRONG_RECOVERIES):
        wanted = ", ".join(_WRONG_RECOVERIES)
        raise OptionError(f"the wrong recovery is '{wrong_recovery}', but must be one of {wanted}")
    if manifest.profile != SEALED:
        _refuse_option(manifest.profile, "choice of a wrong recovery", wrong_recovery is not None)
        if manifest.carrier == "file":
            raise ManifestError(
                f"the manifest asks for carrier 'file', which '{manifest.profile}' does not have"
            )
        return _FlowProfile(_load(manifest.profile, providers))
    if manifest.derivation.algorithm == "paper":
        raise ManifestError("the manifest asks for the paper's key derivation with 'sealed'")
    return _SealedProfile(manifest.carrier, wrong_recovery=wrong_recovery or "error")


def _bits_of(extra: Mapping[str, object], index: int) -> int:
    """Bits a sample that a face's manifest tells, which may come from anyone."""
    bits = extra.get("bits")
    if not isinstance(bits, int) or not 1 <= bits <= sealed.MAXIMUM_BITS:
        raise ManifestError(
            f"the manifest's faces[{index}].bits is {str(bits)[:80]!r}, but must be an integer "
            f"from 1 to {sealed.MAXIMUM_BITS}"
        )
    return bits


def _load(name: str, providers: Sequence[str] | None) -> Flow:
    known = profiles()
    if name not in known:
        raise ModelError(f"unknown profile '{name}'; known are: {', '.join(known)}")
    return flow.loaded(name, providers)


def _flow_facts(flow: Flow) -> Facts:
    card = flow.card
    return Facts(card.name, card.wrong_recovery, card.secret, card.description, card.licence)


def _refuse_option(profile: str, option: str, given: bool) -> None:
    if given:
        raise OptionError(f"the profile '{profile}' has no {option}; that is for 'sealed' only")
