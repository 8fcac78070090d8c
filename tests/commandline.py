"""Runs the command line inside the test's process; makes the pictures and keys it runs on."""

import contextlib
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyrage
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
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


def prompt_with(answers: list[str], *arguments: str | Path) -> tuple[int, str]:
    """Run ``proface`` on a terminal of its own and type the answers; (exit code, all output)."""
    import pty  # Windows has none

    main, terminal = pty.openpty()
    environment = {key: value for key, value in os.environ.items() if key != "PROFACE_PASSWORD"}
    # The terminal becomes the process's own, or Ctrl-C would be a character like any other.
    code = "import os; os.login_tty(0); from proface.cli import main; main()"
    process = subprocess.Popen(
        [sys.executable, "-c", code, *map(str, arguments)],
        stdin=terminal,
        stdout=terminal,
        stderr=terminal,
        env=environment,
    )
    os.close(terminal)
    shown, waiting = b"", list(answers)
    # Linux reports the end of a terminal as an error.
    with contextlib.suppress(OSError):
        while chunk := os.read(main, 1024):
            shown += chunk
            if waiting and shown.endswith(b": "):
                os.write(main, waiting.pop(0).encode() + b"\n")
    os.close(main)
    return process.wait(), shown.decode()


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


TWO_BOXES = [
    {"x": 8, "y": 8, "width": 104, "height": 96},
    {"x": 120, "y": 100, "width": 100, "height": 120},
]


def write_boxes(path: Path) -> Path:
    """Write two boxes that lie in the small picture, for ``--boxes``."""
    path.write_text(json.dumps(TWO_BOXES))
    return path


@dataclass(frozen=True)
class Owner:
    """Somebody with a key: the file of the identity, and the recipient."""

    file: Path
    recipient: str


def owner(path: Path) -> Owner:
    """Somebody new with a key of age."""
    identity = pyrage.x25519.Identity.generate()
    write_secret(path, f"# made by a test\n{identity}\n")
    return Owner(path, str(identity.to_public()))


def ssh_owner(path: Path, kind: str = "ed25519", passphrase: str = "") -> Owner:
    """Somebody new with a key that ``ssh-keygen`` made."""
    command = ["ssh-keygen", "-q", "-t", kind, "-N", passphrase, "-f", str(path)]
    try:
        subprocess.run(command, check=True)
    except FileNotFoundError:
        pytest.skip("needs ssh-keygen")
    return Owner(path, path.with_name(f"{path.name}.pub").read_text())


def signer(folder: Path, name: str = "signer") -> tuple[Path, Path]:
    """The files of somebody who signs: the private key, and the public one."""
    key = Ed25519PrivateKey.generate()
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    public = folder / f"{name}.public.pem"
    public.write_bytes(
        key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    )
    return write_secret(folder / f"{name}.pem", private.decode()), public


def write_secret(path: Path, text: str) -> Path:
    """Write a file that its owner alone may read."""
    path.write_text(text)
    path.chmod(0o600)
    return path
