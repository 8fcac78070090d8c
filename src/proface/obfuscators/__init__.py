"""What makes the obfuscated face, by name: ``get("pixelate").apply(face, strength=9)``."""

from . import filters as filters
from .base import (
    REFERENCE_SIZE,
    Material,
    Obfuscator,
    Strength,
    Target,
    get,
    names,
    register,
    usual_landmarks,
)
from .stickers import sticker as sticker
from .swapping import swap as swap
from .swapping import user_networks as user_networks

__all__ = [
    "REFERENCE_SIZE",
    "Material",
    "Obfuscator",
    "Strength",
    "Target",
    "get",
    "names",
    "register",
    "usual_landmarks",
]
