"""Nine attacks on protected faces: ``proface lab attack``.

Each is a module that begins with what its attacker knows. All of them know the program, the
weights and the published pictures; only the password is secret. `base` has what they share, and
`report` makes a document of what they find.
"""

from importlib import import_module
from typing import cast

from ...errors import OptionError
from .base import Attack

MODULES = (
    "learned_decoder",
    "wrong_keys",
    "key_search",
    "known_plaintext",
    "spoofing",
    "byproducts",
    "detectability",
    "guessing",
    "restoration",
)
"""In the order of the report."""


def names() -> list[str]:
    """Names of all attacks, as users type them."""
    return [module.replace("_", "-") for module in MODULES]


def get(name: str) -> Attack:
    """The attack of that name, such as ``wrong-keys``.

    Raises:
        OptionError: there is none.
    """
    module = name.replace("-", "_")
    if module not in MODULES:
        raise OptionError(f"unknown attack '{name}'; known are: {', '.join(names())}")
    # A module has what the protocol asks for, but mypy cannot know of one imported by name.
    return cast(Attack, import_module(f"{__name__}.{module}"))
