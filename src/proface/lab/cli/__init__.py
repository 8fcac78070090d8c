"""The commands of ``proface lab``."""
