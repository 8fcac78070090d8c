"""What a manifest says, for people and as JSON; for ``inspect`` and ``verify``."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from .console import say

if TYPE_CHECKING:
    # Only here: these bring numpy, for which `proface --version` need not wait.
    from ..files.manifest import Manifest
    from ..keys import Slot
    from ..keys.derivation import Derivation
    from ..keys.signing import SignatureState

_SIGNATURES: "dict[SignatureState, str]" = {
    "none": "none: the file does not say who protected it",
    "missing": "none, though a signer was named",
    "valid": "valid: made with the private key of the signer that was named",
    "unknown signer": "fits the picture; whose it is, only --signer of `proface verify` can tell",
    "another signer": "of somebody else than the signer that was named",
    "invalid": "does not fit the picture",
}


def signature(manifest: "Manifest", state: "SignatureState") -> str:
    """What its signature proves, and whose key made it."""
    if manifest.signature is None:
        return _SIGNATURES[state]
    return f"{_SIGNATURES[state]}; public key {manifest.signature.signer.hex()}"


def line(label: str, text: str) -> None:
    """Say one fact."""
    say(f"{label:12} {text}")


def lines(label: str, texts: list[str]) -> None:
    """Say facts of one kind, below each other."""
    for index, text in enumerate(texts):
        line("" if index else label, text)


def openers(slots: "tuple[Slot, ...]") -> list[str]:
    """What opens it, a text each."""
    return list(_openers(slots))


def _openers(slots: "tuple[Slot, ...]") -> Iterator[str]:
    from ..keys import AgeSlot, DirectSlot

    for slot in slots:
        if isinstance(slot, AgeSlot):
            count = slot.recipients
            yield f"an identity of {'1 recipient' if count == 1 else f'{count} recipients'}"
            continue
        what = "a key of 32 bytes" if slot.derivation.algorithm == "none" else "a password"
        how = "" if slot.derivation.algorithm == "none" else f" ({slot.derivation})"
        weak = ", which is WEAK: see --allow-weak-derivation" if slot.derivation.is_weak else ""
        text = f"{what}{how}{weak}"
        direct = isinstance(slot, DirectSlot)
        yield f"{text}; the paper's profiles keep nothing secret" if direct else text


def slots_as_objects(slots: "tuple[Slot, ...]") -> list[dict[str, object]]:
    """The same as JSON."""
    from ..keys import AgeSlot, DirectSlot

    return [
        {"kind": "recipients", "recipients": slot.recipients}
        if isinstance(slot, AgeSlot)
        else {
            "kind": "direct" if isinstance(slot, DirectSlot) else "password",
            **_derivation(slot.derivation),
        }
        for slot in slots
    ]


def _derivation(derivation: "Derivation") -> dict[str, object]:
    names = ("algorithm", "time_cost", "memory_kib", "lanes")
    costs = {name: getattr(derivation, name) for name in names}
    return {"derivation": costs, "weak": derivation.is_weak}


def common(manifest: "Manifest") -> dict[str, object]:
    """What is said of pictures and clips alike, as JSON."""
    signer = manifest.signature.signer.hex() if manifest.signature else None
    return {
        "made": {"time": manifest.made.time, "version": manifest.made.version},
        "slots": slots_as_objects(manifest.slots),
        "signer": signer,
    }


def made(manifest: "Manifest") -> str:
    """When, and by what."""
    return (
        f"{manifest.made.time}, with proface {manifest.made.version}, by the clock of the machine "
        "that did it"
    )
