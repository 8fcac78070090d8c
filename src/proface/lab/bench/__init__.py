"""``proface lab bench``: how fast everything is, by the contract in ``benchmarks/README.md``."""
