"""Cartoon faces, drawn from a seed: hundreds of thousands of different ones."""

from .face import face as face
