"""What is to be known of each obfuscator."""

from dataclasses import dataclass

from .. import obfuscators
from ..errors import ProfaceError
from . import Obfuscator


@dataclass(frozen=True)
class StrengthFacts:
    """The strengths of an obfuscator, in pixels of a face of 112 pixels."""

    name: str
    """What it measures."""
    default: float
    minimum: float
    maximum: float


@dataclass(frozen=True)
class ObfuscatorFacts:
    """What is to be known of an obfuscator."""

    name: str
    summary: str
    strength: StrengthFacts | None
    """None for one that hides in one way only."""
    sources: dict[str, str]
    """What a user may bring for it to draw on: name and summary."""
    guarantee: str
    missing: str | None
    """What keeps it from working here, as a sentence; None if nothing does."""


def facts() -> list[ObfuscatorFacts]:
    """All obfuscators, in the order of registration."""
    return [_facts(obfuscators.get(name)) for name in obfuscators.names()]


def _facts(each: Obfuscator) -> ObfuscatorFacts:
    choice = each.strength
    strength = None
    if choice is not None:
        strength = StrengthFacts(choice.name, choice.default, choice.minimum, choice.maximum)
    sources = {name: source.summary for name, source in each.sources.items()}
    return ObfuscatorFacts(
        each.name, each.summary, strength, sources, each.guarantee, _missing(each)
    )


def _missing(each: Obfuscator) -> str | None:
    """Why an obfuscator does not work here."""
    try:
        each.prepare()
    except ProfaceError as error:
        return str(error)
    return None
