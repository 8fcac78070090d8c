"""Set up an environment of its own and run the demo or the tests; needs Python 3.11 alone.

python3 dev.py demo [ARGUMENTS]   install proface into .venv, run `proface demo`
python3 dev.py test [ARGUMENTS]   install all extras into .venv, run linters, types and tests
python3 dev.py lowest [ARGUMENTS] run the application's tests with the lowest versions allowed
python3 dev.py fuzz [--minutes N] damage files at random and see that each is refused with grace
python3 dev.py lock               write the locks of the container, with versions and hashes
"""

import os
import subprocess
import sys
import tomllib
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent
ENVIRONMENT = ROOT / ".venv"
LOWEST = ROOT / ".venv-lowest"
TORCH = "torch==2.13.0"
"""Pinned: one version of torch is what the tests are known to pass with."""
CONTAINER = ["heic", "serve"]
"""Extras that the container has."""
CONTAINER_PYTHON = "3.12"
BESIDE = ["httpx", "hypothesis", "import-linter", "pytest", "pytest-xdist", "scikit-image"]
"""What tests need beside the application, in any version."""
NOT_LOWEST = [
    "tests/lab",
    "tests/service/test_page.py",
    "tests/service/test_schema.py",
    "tests/test_documents.py",
]
"""Tests of what is no part of the application as users install it."""


def python(environment: Path) -> Path:
    """The environment's Python."""
    return environment / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")


def run(*arguments: str, environment: Path = ENVIRONMENT) -> None:
    """Run the environment's Python; end with its exit code if it fails."""
    code = subprocess.run([python(environment), *arguments], cwd=ROOT, check=False).returncode
    if code:
        sys.exit(code)


def install(*requirements: str, environment: Path = ENVIRONMENT) -> None:
    """Install into the environment, which is made at first use."""
    if not python(environment).exists():
        venv.create(environment, with_pip=True)
    pip = ("-m", "pip", "install", "--quiet", "--disable-pip-version-check")
    run(*pip, *requirements, environment=environment)


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


def lowest(arguments: list[str]) -> None:
    """The application's tests with the lowest version of each package that it asks for itself."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    asked = project["dependencies"] + [
        each for extra in ("heic", "openvino", "ray", "serve", "video") for each in extras[extra]
    ]
    asked += [each for each in extras["lab"] if each.startswith("onnx>=")]  # makes test networks
    pins = [each.replace(">=", "==") for each in asked]
    install(*pins, *BESIDE, environment=LOWEST)
    install("--no-deps", "--editable", ".", environment=LOWEST)
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    options = [f"--ignore={path}" for path in NOT_LOWEST]
    options += ["--numprocesses", "2", "-W", "default::DeprecationWarning"]
    # Else what an old package calls of a new one that it needs would be an error.
    run("-m", "pytest", *options, *arguments, environment=LOWEST)


def fuzz(arguments: list[str]) -> None:
    """See tests/fuzz."""
    install("--editable", ".[serve,video]")
    run("-m", "tests.fuzz", *arguments)


def lock(arguments: list[str]) -> None:
    """What the container installs, with hashes of every file: the program's, and its builder's."""
    install("uv")
    options = ("--generate-hashes", "--upgrade", "--quiet", "--python-platform", "linux")
    options += ("--python-version", CONTAINER_PYTHON, "--no-annotate", *arguments)
    options += ("--custom-compile-command", "python dev.py lock")
    extras = [f"--extra={extra}" for extra in CONTAINER]
    compiler = ("-m", "uv", "pip", "compile", "pyproject.toml", *options)
    run(*compiler, *extras, "--output-file", "requirements.lock")
    builder = tomllib.loads((ROOT / "pyproject.toml").read_text())["build-system"]["requires"]
    wanted = ROOT / "build" / "builder.in"
    wanted.parent.mkdir(exist_ok=True)
    wanted.write_text("\n".join(builder))
    compiler = ("-m", "uv", "pip", "compile", str(wanted), *options)
    run(*compiler, "--output-file", "requirements-build.lock")


def main() -> None:
    """Choose by the first argument."""
    if sys.version_info < (3, 11):  # noqa: UP036 - said kindly before pip says it at length
        sys.exit(f"proface needs Python 3.11 or newer; this is {sys.version.split()[0]}")
    jobs = {"demo": demo, "test": test, "lowest": lowest, "fuzz": fuzz, "lock": lock}
    if len(sys.argv) < 2 or sys.argv[1] not in jobs:
        print(__doc__)
        sys.exit(2)
    jobs[sys.argv[1]](sys.argv[2:])


if __name__ == "__main__":
    main()
