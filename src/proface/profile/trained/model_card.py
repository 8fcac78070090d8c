"""What is known of a trained model: ``card.json`` in its folder."""

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Literal

from ...errors import ModelError
from ..base import WrongRecovery

VERSION = 4
CARD_FILE = "card.json"
GRAPH_FILES = ("protect.onnx", "recover.onnx")
DATA_FILE = "network.data"
"""The weights of both graphs."""
SENSITIVITY_FILE = "sensitivity.npy"
COMPUTED_FILES = (*GRAPH_FILES, DATA_FILE, SENSITIVITY_FILE)
"""Of a profile: all that the application computes with."""

FlowKind = Literal["paper", "hardened"]

_BOUNDS = {"blocks": (1, 32), "growth": (1, 512), "depth": (2, 16), "clamp": (0.01, 10.0)}
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Architecture:
    """What defines the network's shape."""

    blocks: int
    """N, the number of coupling blocks, 1 to 32."""
    growth: int
    """Channels that each inner convolution of a dense block adds, 1 to 512."""
    depth: int
    """Convolutions in a dense block, 2 to 16."""
    clamp: float
    """c of a(s) = c (2 sigmoid(s) - 1), up to 10."""

    def __post_init__(self) -> None:
        """Refuse what no network has.

        Raises:
            ModelError: a value is of another type or out of bounds.
        """
        for name, (low, high) in _BOUNDS.items():
            value = getattr(self, name)
            allowed = (int, float) if name == "clamp" else (int,)
            if type(value) not in allowed or not low <= value <= high:
                raise ModelError(
                    f"the architecture has {name} = {value!r}; allowed are {low} to {high}"
                )

    @classmethod
    def from_dict(cls, values: object) -> "Architecture":
        """The architecture of a JSON object.

        Raises:
            ModelError: a value is missing, unknown or out of bounds.
        """
        return cls(**_exactly(values, {field.name for field in fields(cls)}, "architecture"))

    def reach(self, half_steps: int) -> int:
        """How many pixels away a pixel of the input can matter to one of the output.

        Counted in whole 2 x 2 squares, since the network works on wavelets.

        Args:
            half_steps: that the output depends on, at most 2 N; each applies ``depth`` 3 x 3
                convolutions.
        """
        return 2 * half_steps * self.depth


@dataclass(frozen=True)
class ModelCard:
    """A trained model's properties, training and results."""

    name: str
    """The profile's name: lower-case letters, digits and hyphens."""
    architecture: Architecture
    wrong_recovery: WrongRecovery
    """What a wrong key gives: ``noise``, or the ``obfuscated`` picture."""
    flow: FlowKind
    """``paper``, or ``hardened``: what the network keeps is shuffled with the key."""
    description: str
    licence: str
    training: Mapping[str, Any]
    """Data and every setting of the training run."""
    results: tuple[Mapping[str, Any], ...]
    """What ``proface lab evaluate`` measured: an object for each folder of faces."""
    sha256: Mapping[str, str]
    """Hexadecimal digests of `COMPUTED_FILES`, by file name."""
    shares: str | None
    """The profile in whose folder these files are; None for this one's own."""

    @property
    def secret(self) -> bool:
        """Whether pictures are kept secret from those who train a network of their own."""
        return self.flow == "hardened"

    def to_json(self) -> str:
        """The card as JSON text, which `from_json` reads."""
        return json.dumps({"version": VERSION} | asdict(self), indent=2, allow_nan=False) + "\n"

    @classmethod
    def from_json(cls, text: str | bytes) -> "ModelCard":
        """Read a card, strictly.

        Raises:
            ModelError: it is no JSON, from a newer version, or a field is missing, unknown or
                of the wrong kind.
        """
        try:
            values = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise ModelError(f"the model card is no JSON ({error})") from error
        version = values.get("version") if isinstance(values, dict) else None
        if version != VERSION:
            raise ModelError(
                f"the model card has version {version!r}; this program reads {VERSION}, which "
                "exporting the model again gives"
            )
        values = _exactly(values, {"version"} | {field.name for field in fields(cls)}, "model card")
        _check(values)
        return cls(
            name=values["name"],
            architecture=Architecture.from_dict(values["architecture"]),
            wrong_recovery=values["wrong_recovery"],
            flow=values["flow"],
            description=values["description"],
            licence=values["licence"],
            training=values["training"],
            results=tuple(values["results"]),
            sha256=values["sha256"],
            shares=values["shares"],
        )


def _check(values: dict[str, Any]) -> None:
    """Refuse fields of the wrong kind; the architecture looks after itself."""
    results, digests = values["results"], values["sha256"]
    right = {
        "name": isinstance(values["name"], str) and _NAME.fullmatch(values["name"]),
        "wrong_recovery": values["wrong_recovery"] in ("noise", "obfuscated"),
        "flow": values["flow"] in ("paper", "hardened"),
        "description": isinstance(values["description"], str),
        "licence": isinstance(values["licence"], str),
        "training": isinstance(values["training"], dict),
        "shares": values["shares"] is None
        or (isinstance(values["shares"], str) and _NAME.fullmatch(values["shares"])),
        "results": isinstance(results, list) and all(isinstance(row, dict) for row in results),
        "sha256": isinstance(digests, dict)
        and set(digests) == set(COMPUTED_FILES)
        and all(
            isinstance(digest, str) and _SHA256.fullmatch(digest) for digest in digests.values()
        ),
    }
    for name, good in right.items():
        if not good:
            raise ModelError(f"the model card's '{name}' is not valid: {values[name]!r}")


def _exactly(values: object, names: set[str], what: str) -> dict[str, Any]:
    """The values, if they are an object with just these names."""
    if not isinstance(values, dict):
        raise ModelError(f"the {what} is no JSON object")
    for problem, odd in (("lacks", names - set(values)), ("has an unknown", set(values) - names)):
        if odd:
            raise ModelError(f"the {what} {problem} '{min(odd)}'")
    return values
