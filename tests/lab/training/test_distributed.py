"""Training shared between two processes, as torchrun starts them, against training in one."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from skimage.data import astronaut

from proface.lab.training.curves import read_lines
from tests.shared import shared

OPTIONS = (
    *("--mode", "randwr", "--preset", "fast", "--obfuscator", "gaussian", "--wrong-share", "1"),
    *("--size", "32", "--batch", "2", "--steps", "6", "--warmup", "1", "--validate-every", "2"),
)

PROGRAM = """
import torch

from proface.cli import main
from proface.lab.network import sensitivity

sensitivity._SIDE, sensitivity._PROBES = 32, 1  # as in conftest.py
# In float32 wherever it runs: in bfloat16, halves of a batch differ from the whole.
torch.cpu._is_amx_tile_supported = torch.cpu._is_avx512_bf16_supported = lambda: False
main()
"""


@pytest.fixture(scope="module")
def faces(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four faces that differ, so that the halves of a batch do."""
    folder = tmp_path_factory.mktemp("faces")
    face = Image.fromarray(astronaut()[0:220, 110:330])
    for turn in range(4):
        face.rotate(90 * turn).resize((72, 72)).save(folder / f"{turn}.png")
    return folder


def train(faces: Path, out: Path, *launcher: str) -> list[dict[str, float]]:
    """The log of a run."""
    lpips = {"PROFACE_LPIPS": str(shared("lpips"))}
    program = out.with_suffix(".py")
    program.write_text(PROGRAM)
    done = subprocess.run(
        [
            sys.executable,
            *launcher,
            program,
            "lab",
            "train",
            "--data",
            faces,
            "--out",
            out,
            *OPTIONS,
        ],
        env=os.environ | lpips | {"OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return read_lines(out / "log.jsonl")


def test_two_processes_have_the_loss_curve_of_one(faces: Path, tmp_path: Path) -> None:
    torchrun = ("-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2")
    one = train(faces, tmp_path / "one")
    two = train(faces, tmp_path / "two", *torchrun)
    assert [line["step"] for line in one] == [line["step"] for line in two] == [2, 4, 6]
    for name in ("total", "protection", "recovery", "wrong_recovery", "gradient"):
        curves = [[line[name] for line in log] for log in (one, two)]
        np.testing.assert_allclose(*curves, rtol=0.01)
