"""Profiles: how the original of a face is kept, and brought back."""
