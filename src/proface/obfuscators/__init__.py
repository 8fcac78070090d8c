"""Ways of hiding a face, by name: ``get("pixelate").apply(face, strength=9)``."""

from . import filters as filters
from .base import REFERENCE_SIZE, Obfuscator, Picture, get, names, register

__all__ = ["REFERENCE_SIZE", "Obfuscator", "Picture", "get", "names", "register"]
