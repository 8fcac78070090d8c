"""The lines the house draws: which wing imports which, and which names are public."""

import ast
import subprocess
import sys
from pathlib import Path

import proface

PACKAGE = Path(proface.__file__).parent
LAZY = {PACKAGE / "cli" / "lab.py"}
"""The command line's lazy door into the laboratory."""


def modules():
    return sorted(PACKAGE.rglob("*.py"))


def imported(path):
    """Absolute names of every module that a file imports, wherever in the file."""
    package = ["proface", *path.relative_to(PACKAGE).parts[:-1]]
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            stem = ".".join([*base, *filter(None, [node.module])])
            yield from (f"{stem}.{alias.name}" for alias in node.names)


def test_the_application_never_imports_torch_or_the_laboratory():
    for path in modules():
        if "lab" in path.relative_to(PACKAGE).parts[:-1] or path in LAZY:
            continue
        for name in imported(path):
            assert not name.startswith(("torch", "proface.lab")), f"{path} imports {name}"


def test_using_the_application_loads_no_torch():
    code = (
        "import sys, numpy, proface; "
        "proface.Key.from_bytes(bytes(32)).map(0, 8, 8); proface.protect, proface.detect; "
        "sys.exit(any(name.split('.')[0] == 'torch' for name in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_modules_stay_short_and_free_of_asserts():
    for path in modules():
        text = path.read_text()
        assert len(text.splitlines()) <= 320, path
        assert not any(isinstance(node, ast.Assert) for node in ast.walk(ast.parse(text))), path


def test_public_names():
    expected = Path(__file__).with_name("public_names.txt").read_text().split()
    assert sorted(proface.__all__) == expected
    for name in proface.__all__:
        assert getattr(proface, name).__doc__, name
