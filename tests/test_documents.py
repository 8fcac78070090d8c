"""The documents: they build as a site without a warning, load nothing, and name what exists."""

import ast
import inspect
import os
import re
import shlex
import subprocess
import sys
from functools import cache
from html.parser import HTMLParser
from importlib.util import find_spec
from pathlib import Path

import pytest
from typer.main import get_command

import proface
from proface.cli import app

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
README = ROOT / "README.md"
PAGES = sorted(DOCS.rglob("*.md"))
NOTEBOOK = DOCS / "notebook"
GLOSSARY = DOCS / "reference" / "glossary.md"
GUIDES = [README, *(page for page in PAGES if not page.is_relative_to(NOTEBOOK))]
"""What says what is; the notebook says what was."""
HISTORY = (
    "weights of now",
    "the day before",
    "was asked",
    "measured again",
    "weights before",
    "used to be",
)
PLACES = tuple(f"/{name}/" for name in ("work", "tmp", "home"))
LOADING = {
    "audio": "src",
    "embed": "src",
    "iframe": "src",
    "img": "src",
    "link": "href",
    "object": "data",
    "script": "src",
    "source": "src",
    "video": "src",
}
LINKS_ONLY = ("canonical", "next", "prev", "alternate")


def name_of(page):
    return page.relative_to(ROOT).as_posix()


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    folder = tmp_path_factory.mktemp("site")
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", folder],
        cwd=ROOT,
        env=os.environ | {"NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    said = done.stdout + done.stderr
    # With --quiet nothing would be a warning, and --strict would find none.
    assert done.returncode == 0, said
    assert "INFO" in said, said
    assert "WARNING" not in said, said
    return folder


def test_every_page_is_built(site):
    for page in PAGES:
        built = site / page.relative_to(DOCS).with_suffix(".html")
        if page.name == "README.md":
            built = built.with_name("index.html")
        assert built.is_file(), page
    assert not list(site.rglob("*.py"))


class Loaded(HTMLParser):
    """Addresses that a browser loads when it shows a page, without a click."""

    def __init__(self):
        super().__init__()
        self.addresses = []

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        if tag == "link" and given.get("rel") in LINKS_ONLY:
            return
        if given.get(LOADING.get(tag, "")):
            self.addresses.append(given[LOADING[tag]])


def test_the_site_asks_no_other_host(site):
    for page in site.rglob("*.html"):
        loaded = Loaded()
        loaded.feed(page.read_text())
        assert loaded.addresses
        for address in loaded.addresses:
            assert not re.match(r"(https?:)?//", address), f"{page} loads {address}"
        # Mermaid would come from elsewhere; diagrams are pictures.
        assert 'class="mermaid"' not in page.read_text(), page
    for sheet in site.rglob("*.css"):
        assert not re.search(r"""(url\(|@import)\s*['"]?(https?:)?//""", sheet.read_text()), sheet
    for picture in site.rglob("*.svg"):
        assert not re.search(r"""(href|src)=["']https?:""", picture.read_text()), picture


def test_the_reference_has_every_command_and_name(site):
    commands = (site / "reference" / "command-line.html").read_text()
    for path, command in walk(get_command(app), "proface"):
        if path != "proface lab":
            assert f">{path}<" in commands, path
            for parameter in command.params:
                for option in parameter.opts if parameter.param_type_name == "option" else ():
                    assert option in commands, f"{path} {option}"
    names = (site / "reference" / "api.html").read_text()
    for name in proface.__all__:
        assert f'id="proface.{name}"' in names, name


def walk(command, path):
    yield path, command
    for name, child in getattr(command, "commands", {}).items():
        yield from walk(child, f"{path} {name}")


@cache
def laboratory():
    from proface.lab.cli.app import app as lab

    return get_command(lab)


def blocks(page, language):
    fence = re.compile(rf"^( *)```{language}\n(.*?)^ *```$", re.DOTALL | re.MULTILINE)
    return [block for _, block in fence.findall(page.read_text())]


def command_lines(page):
    """The arguments of every ``proface`` in a page's shell blocks."""
    for block in blocks(page, "sh"):
        for line in block.replace("\\\n", " ").splitlines():
            words = shlex.split(line, comments=True)
            while words and re.fullmatch(r"[A-Z_]+=.*", words[0]):
                words.pop(0)
            if words[:1] == ["torchrun"] and "-m" in words:
                words = words[words.index("-m") + 1 :]
            if words[:1] == ["proface"]:
                yield words[1:]


@pytest.mark.parametrize("page", GUIDES, ids=name_of)
def test_commands_exist_with_their_options(page):
    for words in command_lines(page):
        command, rest = get_command(app), list(words)
        while rest and rest[0] in getattr(command, "commands", {}):
            command = command.commands[rest.pop(0)]
            if command.name == "lab":
                if not find_spec("torch"):
                    pytest.skip("the laboratory's commands need torch")
                command = laboratory()
        context = command.context_class(command)
        given, _, _ = command.make_parser(context).parse_args(args=rest)
        for parameter in command.params:
            value, shown = given.get(parameter.name), parameter.get_help_record(context)
            choices = re.search(r"[<[]([\w-]+(?:\|[\w-]+)+)[>\]]", shown[0]) if shown else None
            if choices and isinstance(value, str):
                assert value in choices[1].split("|"), words


@pytest.mark.parametrize("page", GUIDES, ids=name_of)
def test_python_compiles_and_names_what_exists(page):
    for node in (node for block in blocks(page, "python") for node in ast.walk(ast.parse(block))):
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load):
            assert named(node) is not None, ast.unparse(node)
        if isinstance(node, ast.Call) and inspect.isfunction(found := named(node.func)):
            known = inspect.signature(found).parameters
            for each in node.keywords:
                assert each.arg in known, ast.unparse(node)


def named(node):
    """What an expression below ``proface`` names; its text, for what begins with anything else."""
    if isinstance(node, ast.Name):
        return proface if node.id == "proface" else node.id
    if not isinstance(node, ast.Attribute):
        return ast.unparse(node)
    owner = named(node.value)
    if owner is None or isinstance(owner, str):
        return owner
    assert owner is not proface or node.attr in proface.__all__, node.attr
    return getattr(owner, node.attr, None)


def refused_words():
    """Those of the glossary's last column that are in bold."""
    rows = [line.split("|") for line in GLOSSARY.read_text().splitlines() if line.startswith("|")]
    return [word for row in rows for word in re.findall(r"\*\*(.+?)\*\*", row[-2])]


@pytest.mark.parametrize("page", GUIDES, ids=name_of)
def test_one_word_for_one_thing_and_no_history(page):
    text = " ".join(page.read_text().split()).lower()
    if page != GLOSSARY:
        assert len(refused_words()) > 8
        for word in refused_words():
            assert not re.search(rf"\b{re.escape(word)}", text), word
    for words in HISTORY:
        assert words not in text, words


@pytest.mark.parametrize("page", [README, *PAGES], ids=name_of)
def test_pages_name_no_place_of_one_machine(page):
    for place in PLACES:
        assert place not in page.read_text(), place


def test_the_read_me_links_to_pages_that_are_there():
    for address in re.findall(r"\]\(([^)#]+)", README.read_text()):
        assert address.startswith("https://") or (ROOT / address).is_file(), address
