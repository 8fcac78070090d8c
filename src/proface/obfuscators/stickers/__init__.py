"""Drawn or given pictures laid over the inner face."""
