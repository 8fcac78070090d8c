"""Faces put in place of others: averages of many, a donor, or networks that users bring."""
