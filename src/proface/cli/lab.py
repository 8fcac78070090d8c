"""``proface lab``: the laboratory's commands, which need torch."""

from importlib.util import find_spec

import typer
from typer.main import get_command

from ..errors import ModelError

REQUIREMENTS = ("torch", "onnx", "onnxscript", "safetensors", "skimage", "matplotlib")
"""What the extra ``proface[lab]`` installs."""


def lab(context: typer.Context) -> None:
    """Train, evaluate and export models; needs torch."""
    try:
        from ..lab.cli.app import app
    except ModuleNotFoundError as error:
        missing = (error.name or "").partition(".")[0]
        if missing not in REQUIREMENTS:
            raise
        needed = missing if find_spec("torch") else "torch"
        raise ModelError(f"The laboratory needs {needed}: pip install 'proface[lab]'") from error
    # Not app(...), which would take over how Python shows tracebacks.
    get_command(app)(args=context.args, prog_name="proface lab")
