"""Sheets that show what proface does: the demo, and every obfuscator."""
