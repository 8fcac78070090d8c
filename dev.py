"""Set up an environment of its own and run the demo or the tests; needs Python 3.11 alone.

python3 dev.py demo [ARGUMENTS]   install proface into .venv, run `proface demo`
python3 dev.py test [ARGUMENTS]   install all extras into .venv, run linters, types and tests
"""

import os
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent
ENVIRONMENT = ROOT / ".venv"
PYTHON = ENVIRONMENT / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
TORCH = "torch==2.13.0"
"""Pinned: one version of torch is what the tests are known to pass with."""


def run(*arguments: str) -> None:
    """Run the environment's Python; end with its exit code if it fails."""
    code = subprocess.run([str(PYTHON), *arguments], cwd=ROOT, check=False).returncode
    if code:
        sys.exit(code)


def install(*requirements: str) -> None:
    """Install into the environment, which is made at first use."""
    if not PYTHON.exists():
        venv.create(ENVIRONMENT, with_pip=True)
    run("-m", "pip", "install", "--quiet", "--disable-pip-version-check", *requirements)


def demo(arguments: list[str]) -> None:
    """Protect and recover a sample picture; the results are in demo/."""
    install("--editable", ".")
    run("-m", "proface", "demo", "--out", "demo", "--overwrite", *arguments)


def test(arguments: list[str]) -> None:
    """What must pass before a change is accepted."""
    install(TORCH)
    install("--editable", ".[lab,serve,dev]")
    run("-m", "ruff", "check", ".")
    run("-m", "ruff", "format", "--check", ".")
    run("-c", "import sys, importlinter.cli as linter; sys.exit(linter.lint_imports())")
    run("-m", "mypy")
    # Threads of two processes would wait for each other's on two cores.
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    run("-m", "pytest", "--numprocesses", "2", *arguments)


def main() -> None:
    """Choose by the first argument."""
    if sys.version_info < (3, 11):  # noqa: UP036 - said kindly before pip says it at length
        sys.exit(f"proface needs Python 3.11 or newer; this is {sys.version.split()[0]}")
    jobs = {"demo": demo, "test": test}
    if len(sys.argv) < 2 or sys.argv[1] not in jobs:
        print(__doc__)
        sys.exit(2)
    jobs[sys.argv[1]](sys.argv[2:])


if __name__ == "__main__":
    main()
