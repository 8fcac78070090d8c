"""Tables in Markdown."""

from collections.abc import Sequence


def table(titles: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table with an empty line behind it."""
    lines = [titles, ("---",) * len(titles), *rows]
    return "".join("| " + " | ".join(cells) + " |\n" for cells in lines) + "\n"
