"""Mutating fuzzers: damaged pictures, manifests and clips get a ProfaceError or work, and no more.

`python dev.py fuzz --minutes N` runs them; `test_fuzz.py` runs a few seconds of them.
"""
