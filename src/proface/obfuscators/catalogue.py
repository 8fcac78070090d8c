"""What a user wants to know of each obfuscator."""

from dataclasses import dataclass

from ..errors import ProfaceError
from .base import Obfuscator, Strength, get, names


@dataclass(frozen=True)
class ObfuscatorFacts:
    """What a user wants to know of an obfuscator."""

    name: str
    summary: str
    strength: Strength | None
    """None where there is none to choose."""
    sources: dict[str, str]
    """What a user may bring for it to draw on: name and summary."""
    guarantee: str
    """What can be relied upon, as for `Obfuscator.guarantee`."""
    missing: str | None
    """What keeps it from working here, as a sentence; None if nothing does."""


def facts() -> list[ObfuscatorFacts]:
    """All obfuscators, in the order of registration."""
    return [_facts(get(name)) for name in names()]


def _facts(each: Obfuscator) -> ObfuscatorFacts:
    try:
        each.prepare()
        missing = None
    except ProfaceError as error:
        missing = str(error)
    sources = {name: source.summary for name, source in each.sources.items()}
    return ObfuscatorFacts(each.name, each.summary, each.strength, sources, each.guarantee, missing)
