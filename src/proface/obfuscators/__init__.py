"""Ways of hiding a face, by name: ``get("pixelate").apply(face, strength=9)``."""

from . import filters as filters
from . import networks as networks
from . import sticker as sticker
from . import swap as swap
from .base import (
    REFERENCE_SIZE,
    Obfuscator,
    Source,
    Strength,
    Target,
    get,
    names,
    register,
    usual_landmarks,
)

__all__ = [
    "REFERENCE_SIZE",
    "Obfuscator",
    "Source",
    "Strength",
    "Target",
    "get",
    "names",
    "register",
    "usual_landmarks",
]
