"""The Dockerfile, as far as it can be tested without Docker."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LINTER = shutil.which("hadolint", path=Path(sys.executable).parent) or shutil.which("hadolint")


@pytest.mark.skipif(LINTER is None, reason="there is no hadolint for this machine")
def test_the_linter_has_nothing_to_say() -> None:
    result = subprocess.run([LINTER, ROOT / "Dockerfile"], capture_output=True, check=False)
    assert (result.returncode, result.stdout) == (0, b"")


def test_it_is_not_root_and_asks_for_a_token() -> None:
    lines = (ROOT / "Dockerfile").read_text().splitlines()
    last = lines[lines.index("FROM python:3.12-slim") :]
    assert "USER 10001" in last
    [entry] = [line for line in last if line.startswith("ENTRYPOINT")]
    assert "--token-file" in entry
