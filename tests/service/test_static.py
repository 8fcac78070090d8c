"""The page's files: every word in one place, nothing from elsewhere."""

import json
import re
from pathlib import Path

import pytest

import proface
from proface import obfuscators

STATIC = Path(proface.__file__).parent / "service" / "static"
SCRIPTS = sorted(STATIC.glob("*.js"))
TEXTS = json.loads((STATIC / "texts" / "en.json").read_text())

# Keys that are put together while the page runs: these beginnings, and what may follow.
PUT_TOGETHER = (
    "busy.",
    "error.",
    "faces.count.",
    "wrong.",
    "obfuscator.",
    "password.level.",
    "recover.done.",
    "recover.not.",
    "recover.wrong.",
    "time.",
    "verdict.",
    "where.",
)


def test_every_key_has_words_and_all_words_are_used() -> None:
    page = (STATIC / "index.html").read_text()
    scripts = "".join(path.read_text() for path in SCRIPTS)
    keys = set(re.findall(r'data-(?:text|label)="([\w.-]+)"', page))
    keys |= set(re.findall(r'\btext\(\s*"([\w.-]+)"', scripts))
    assert keys <= set(TEXTS)
    quoted = set(re.findall(r'"([\w.-]+)"', scripts))
    unused = [key for key in TEXTS if key not in keys | quoted and not key.startswith(PUT_TOGETHER)]
    assert unused == []


def test_every_obfuscator_has_a_short_name() -> None:
    named = {key.removeprefix("obfuscator.") for key in TEXTS if key.startswith("obfuscator.")}
    assert named == set(obfuscators.names())


def test_no_words_are_in_the_page_itself() -> None:
    page = (STATIC / "index.html").read_text()
    body = re.sub(
        r"<noscript>.*?</noscript>|<svg.*?</svg>", "", page.split("<body>")[1], flags=re.S
    )
    words = re.findall(r">\s*([^<\s][^<]*)<", body)
    assert set(words) == {"proface", "1", "2"}


@pytest.mark.parametrize("path", [STATIC / "index.html", STATIC / "style.css", *SCRIPTS])
def test_nothing_comes_from_elsewhere(path: Path) -> None:
    text = path.read_text().replace("http://www.w3.org/2000/svg", "")
    assert not re.search(r"https?://|//\w+\.\w+/|url\(", text)
    assert not re.search(r"\son\w+=|<style|style=|javascript:|innerHTML|eval\(", text)


def test_what_is_not_ours_is_named() -> None:
    vendor = STATIC / "vendor"
    assert "Dropbox" in (vendor / "zxcvbn.LICENSE").read_text()
    assert "4.4.2" in (vendor / "README.md").read_text()
