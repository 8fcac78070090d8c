"""Slots and signatures as a manifest's JSON has them."""

import base64
from collections.abc import Sequence
from typing import cast

from ..keys import (
    AgeSlot,
    Algorithm,
    Derivation,
    DirectSlot,
    PasswordSlot,
    Signature,
    Slot,
)
from ..keys.signing import PUBLIC_BYTES, SIGNATURE_BYTES
from ..keys.slots import MAX_SLOTS
from .json_fields import bytes_from, known, member, refuse

_COSTS = ("time_cost", "memory_kib", "lanes")
_DERIVED = ("kind", "algorithm", *_COSTS, "salt")


def slot_content(slot: Slot) -> dict[str, object]:
    """A slot as JSON has it."""
    if isinstance(slot, AgeSlot):
        return {"kind": "age", "file": to_base64(slot.age_file)}
    content: dict[str, object] = {
        "kind": "direct" if isinstance(slot, DirectSlot) else "password",
        "algorithm": slot.derivation.algorithm,
        **{name: getattr(slot.derivation, name) for name in _COSTS},
        "salt": to_base64(slot.salt),
    }
    if isinstance(slot, DirectSlot):
        return content | {"picture_salt": to_base64(slot.picture_salt)}
    return content | {"wrapped": to_base64(slot.wrapped)}


def slots_from(entries: Sequence[object]) -> tuple[Slot, ...]:
    """Slots from JSON, before any of them is tried.

    Raises:
        ManifestError: there are too many, or one is garbled.
    """
    if len(entries) > MAX_SLOTS:
        refuse("number of slots", len(entries), f"from 1 to {MAX_SLOTS}")
    return tuple(_slot(entry, f"slots[{index}].") for index, entry in enumerate(entries))


def signature_content(signature: Signature) -> dict[str, object]:
    """A signature as JSON has it."""
    return {"signer": to_base64(signature.signer), "value": to_base64(signature.value)}


def signature_from(content: dict[str, object]) -> Signature:
    """A signature from JSON.

    Raises:
        ManifestError: it is garbled.
    """
    place = "signature."
    known(content, ("signer", "value"), place)
    signer, value = (bytes_from(content, name, place) for name in ("signer", "value"))
    if len(signer) != PUBLIC_BYTES:
        refuse("signature.signer", f"{len(signer)} bytes", f"{PUBLIC_BYTES}")
    if len(value) != SIGNATURE_BYTES:
        refuse("signature.value", f"{len(value)} bytes", f"{SIGNATURE_BYTES}")
    return Signature(signer, value)


def to_base64(data: bytes) -> str:
    """Base64, for JSON."""
    return base64.b64encode(data).decode()


def _slot(entry: object, place: str) -> Slot:
    if not isinstance(entry, dict):
        refuse(place.rstrip("."), entry, "an object")
    kind = member(entry, "kind", str, place)
    if kind == "age":
        known(entry, ("kind", "file"), place)
        return AgeSlot(bytes_from(entry, "file", place))
    if kind not in ("password", "direct"):
        refuse(f"{place}kind", kind, "password, age or direct")
    algorithm = member(entry, "algorithm", str, place)
    costs = {name: member(entry, name, int, place) for name in _COSTS}
    # Derivation refuses unknown names and absurd costs itself.
    derivation = Derivation(cast(Algorithm, algorithm), **costs)
    salt = bytes_from(entry, "salt", place)
    if kind == "direct":
        known(entry, (*_DERIVED, "picture_salt"), place)
        return DirectSlot(derivation, salt, bytes_from(entry, "picture_salt", place))
    known(entry, (*_DERIVED, "wrapped"), place)
    return PasswordSlot(derivation, salt, bytes_from(entry, "wrapped", place))
