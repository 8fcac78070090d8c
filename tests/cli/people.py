"""What tests of recipients and grants share."""

from pathlib import Path

import numpy as np

from tests.commandline import (
    check_done,
    pixels,
    run,
)

PASSWORD = "tulip"
SEALED = ("--profile", "sealed")


def recovered(
    photo: Path, out: Path, *arguments: str | Path, password: str | None = None
) -> np.ndarray:
    check_done(run("recover", photo, "-o", out, *arguments, password=password))
    return pixels(out)


def window(box: dict[str, int]) -> tuple[slice, slice]:
    return np.s_[box["y"] : box["y"] + box["height"], box["x"] : box["x"] + box["width"]]
