"""The lines the house draws: which room imports which, and which names are public."""

import ast
import inspect
import subprocess
import sys
from pathlib import Path

import importlinter.cli

import proface
from proface import folder, video

PACKAGE = Path(proface.__file__).parent
ROOT = Path(__file__).parents[1]
FROZEN = Path(__file__).with_name("public_names.txt")
LONGEST = 320


def test_every_room_stands_on_those_below_it(monkeypatch):
    monkeypatch.chdir(ROOT)
    assert importlinter.cli.lint_imports(no_logo=True) == 0


def test_using_the_application_loads_no_torch():
    code = (
        "import sys, numpy, proface; "
        "proface.PictureKey(bytes(32)).face(0).map(8, 8); proface.protect, proface.detect; "
        "sys.exit(any(name.split('.')[0] == 'torch' for name in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_modules_stay_short_and_free_of_asserts():
    for path in PACKAGE.rglob("*.py"):
        text = path.read_text()
        assert len(text.splitlines()) <= LONGEST, path
        assert not any(isinstance(node, ast.Assert) for node in ast.walk(ast.parse(text))), path


def bare(function):
    """A signature without types, and without defaults that have no short text of their own."""
    signature = inspect.signature(function)
    plain = (str, int, float, type(None), type(inspect.Parameter.empty))
    parameters = [
        each.replace(
            annotation=each.empty, default=each.default if isinstance(each.default, plain) else ...
        )
        for each in signature.parameters.values()
    ]
    return str(signature.replace(parameters=parameters, return_annotation=signature.empty))


def signatures(module):
    """A line for each public name of a module, and for each method of its classes."""
    for name in sorted(module.__all__):
        value = getattr(module, name)
        label = f"{module.__name__}.{name}"
        if inspect.isclass(value) and not issubclass(value, Exception):
            yield f"{label}{bare(value)}"
            for method, member in sorted(vars(value).items()):
                kind = getattr(member, "__func__", member)
                if not method.startswith("_") and inspect.isfunction(kind):
                    yield f"{label}.{method}{bare(kind)}"
        elif inspect.isclass(value):
            yield f"{label}({value.__base__.__name__})"
        elif callable(value):
            yield f"{label}{bare(value)}"
        else:
            yield label


def test_public_names_and_their_signatures_are_frozen():
    """To change them on purpose: run this file as a program, and look at the difference."""
    found = [line for module in (proface, folder, video) for line in signatures(module)]
    assert found == FROZEN.read_text().splitlines()


def test_public_names_are_documented_and_listed():
    assert set(proface.__all__) <= set(dir(proface))
    for name in proface.__all__:
        assert getattr(proface, name).__doc__, name


if __name__ == "__main__":
    lines = [line for module in (proface, folder, video) for line in signatures(module)]
    FROZEN.write_text("".join(f"{line}\n" for line in lines))
