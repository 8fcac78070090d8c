"""Reading a manifest's JSON field by field: kinds exactly as asked for, refusals by name.

The text may come from anyone, and so may what a message shows of it.
"""

import base64
import json
import math
from collections.abc import Collection
from typing import NoReturn, TypeVar

from ..errors import ManifestError

MAX_CHARACTERS = 1024 * 1024
"""Length of the longest text that is read or written; it is ASCII, so also its bytes."""
MAX_INTEGER = 2**63 - 1

Kind = TypeVar("Kind")


def parse(text: str) -> dict[str, object]:
    """The JSON object in a text.

    Raises:
        ManifestError: the text is too long, something else, or says a name twice.
    """
    if len(text) > MAX_CHARACTERS:
        raise ManifestError(f"the manifest has more than {MAX_CHARACTERS} characters")
    try:
        content = json.loads(text, object_pairs_hook=_unique)
    except (ValueError, RecursionError) as error:
        raise ManifestError(f"the manifest is not JSON: {error}") from error
    if not isinstance(content, dict):
        raise ManifestError("the manifest is not a JSON object")
    return content


def member(content: dict[str, object], name: str, kind: type[Kind], place: str = "") -> Kind:
    """The value of a name, of exactly this kind; ``place`` stands before the name in messages.

    Raises:
        ManifestError: it is missing, or of another kind.
    """
    if name not in content:
        raise ManifestError(f"the manifest has no '{place}{name}'")
    value = content[name]
    if type(value) is not kind:  # exactly: in Python, True is an int
        kinds = {dict: "an object", list: "a list", str: "a string", int: "an integer"}
        refuse(place + name, value, kinds.get(kind, "true or false"))
    return value


def bytes_from(content: dict[str, object], name: str, place: str = "") -> bytes:
    """The bytes of a name whose value is base64.

    Raises:
        ManifestError: it is missing, or something else.
    """
    text = member(content, name, str, place)
    try:
        data = base64.b64decode(text, validate=True)
    except ValueError:
        refuse(place + name, text, "base64")
    if base64.b64encode(data) != text.encode():  # the last digit may have bits that nothing reads
        refuse(place + name, text, "base64 without spare bits")
    return data


def known(content: dict[str, object], names: Collection[str], place: str = "") -> None:
    """Refuse names that nothing reads: what is not read is not authenticated.

    Raises:
        ManifestError: there is one.
    """
    for name in content:
        if name not in names:
            raise ManifestError(f"the manifest has an unknown field {(place + name)[:80]!r}")


def is_finite(value: object) -> bool:
    """Whether a value is a number that can be worked with: finite, at most 1e9 either way."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return abs(value) <= 1e9 and math.isfinite(value)


def shown(value: object) -> str:
    """A value as a message shows it: short, and safe even for an integer of a million digits."""
    if isinstance(value, int) and abs(value) > MAX_INTEGER:
        return "a huge integer"
    if isinstance(value, dict | list | tuple):
        return f"a {type(value).__name__}"
    shown = repr(value)
    return shown if len(shown) <= 80 else f"{shown[:77]}..."


def refuse(name: str, value: object, wanted: str) -> NoReturn:
    """Raise a `ManifestError` that says which field has which value, and what it should be."""
    raise ManifestError(f"the manifest's {name[:80]!r} is {shown(value)}, but must be {wanted}")


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """An object; which of two values counts would be up to whoever reads it."""
    content = dict(pairs)
    if len(content) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ManifestError(f"the manifest has {shown(twice)} twice in one place")
    return content
