"""Profiles with a trained network: the paper's flow, and the hardened one."""
