"""Runs the command line inside the test's process, and makes the pictures it runs on."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
from PIL import Image
from typer.testing import CliRunner, Result

from proface.cli import app
from proface.showcase.demo import SAMPLE

FACE_WINDOW = (92, 0, 332, 240)
"""Left, top, right, bottom of a piece of the sample that shows the whole face."""


def run(*arguments: str | Path, stdin: str | bytes | None = None, password: str | None = None):
    """Run ``proface`` with the arguments; the password goes through the variable."""
    variables = {"PROFACE_PASSWORD": password}
    return CliRunner().invoke(app, [str(each) for each in arguments], input=stdin, env=variables)


def run_process(
    *arguments: str | Path, code: str = "", **options: object
) -> subprocess.CompletedProcess[str]:
    """Run ``python -m proface`` (or other code) in a process of its own, without a terminal."""
    environment = {key: value for key, value in os.environ.items() if key != "PROFACE_PASSWORD"}
    program = ["-c", code] if code else ["-m", "proface"]
    return subprocess.run(
        [sys.executable, *program, *map(str, arguments)],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        env=environment,
        **options,
    )


def check_done(result: Result) -> str:
    """The standard output of a command that must have succeeded."""
    assert result.exit_code == 0, result.stderr
    return result.stdout


def check_refused(result: Result, *words: str, code: int = 1) -> None:
    """Assert the exit code, and one line on standard error that holds the words."""
    assert result.exit_code == code, (result.output, result.exception)
    assert isinstance(result.exception, SystemExit), result.exception
    assert result.stdout == ""
    assert result.stderr.startswith("proface: ")
    assert result.stderr.count("\n") == 1, result.stderr
    for word in words:
        assert word in result.stderr


def contents(folder: Path) -> dict[str, bytes]:
    """Every file of a folder, to see that nothing was written or changed."""
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


def write_face(path: Path) -> Path:
    """Write a small picture with one face, 240 x 240."""
    with Image.open(SAMPLE) as sample:
        sample.crop(FACE_WINDOW).save(path)
    return path


def pixels(path: Path) -> np.ndarray:
    """A picture's pixels as RGB: uint8, H x W x 3."""
    with Image.open(path) as image:
        return np.asarray(image.convert("RGB"))
