"""What the pages say is so: verbs and options exist, links lead somewhere, examples are read by the product's own readers."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import get_args

import pytest
import yaml

from mailtrust import settings
from mailtrust.errors import InventoryError
from mailtrust.findings import KINDS
from mailtrust.model import State
from mailtrust.secret import Secret

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("*.md"))]
TEXTS = {page.name: page.read_text() for page in PAGES}
ALL = "\n".join(TEXTS.values())
COMMANDS = re.findall(r"(?:^ +|`|/)mailtrust ([a-z]+)", ALL, re.MULTILINE)
VERBS = sorted(set(COMMANDS))
EXAMPLES = [(name, text) for name, page in TEXTS.items() for text in re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)]


@cache
def told(*words: str) -> subprocess.CompletedProcess[str]:
    """What the real command says when it is asked for help."""
    return subprocess.run(
        [sys.executable, "-m", "runbooks", *words, "--help"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        env={**os.environ, "COLUMNS": "200", "NO_COLOR": "1", "TERM": "dumb"},
    )


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_exists(verb: str) -> None:
    """A reader can type what a page shows."""
    assert told(verb).returncode == 0, told(verb).stdout + told(verb).stderr


def test_every_verb_is_told() -> None:
    """The reference has a row for each verb that the command has, and for no other."""
    rows = re.findall(r"^\| `mailtrust (\w+)", TEXTS["reference.md"], re.MULTILINE)
    listed = re.findall(r"^  ([a-z]+) ", told().stdout.partition("\nCommands:\n")[2], re.MULTILINE)
    assert sorted(rows) == sorted(listed)


def test_every_option_exists() -> None:
    """Each option that a page shows after `mailtrust VERB`, or in the reference's tables, is one that the verb takes."""
    shown = {
        (verb, option)
        for verb, rest in re.findall(r"mailtrust ([a-z]+)([^`\n]*)", ALL)
        for option in re.findall(r"(?<!\S)--[a-z]+", rest.partition("#")[0])
    } | set(tabled_options(TEXTS["reference.md"]))
    assert [(verb, option) for verb, option in sorted(shown) if option not in told(verb).stdout] == []
    assert len(shown) > 10


def tabled_options(reference: str) -> list[tuple[str, str]]:
    """(verb, option) of the tables in the section Options: a line of verbs stands above each."""
    section = reference.partition("## Options")[2].partition("\n## ")[0]
    found, verbs = [], []
    for line in section.splitlines():
        if line.endswith(":"):
            verbs = re.findall(r"`([a-z]+)`", line)
        if line.startswith("| `--"):
            found += [(verb, option) for verb in verbs for option in re.findall(r"`(--[a-z]+)", line.split("|")[1])]
    return found


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_leads_somewhere(page: Path) -> None:
    """A link goes to a file that is there, and to a heading that is in it."""
    links = re.findall(r"\]\((?!https?:)([^)#\s]*)(?:#([^)\s]+))?\)", page.read_text())
    broken = [
        (name, anchor)
        for name, anchor in links
        if not (target := page.parent / name if name else page).exists() or (anchor and anchor not in headings(target))
    ]
    assert broken == []


def headings(page: Path) -> set[str]:
    """The anchors of a page, as forges make them from headings."""
    titles = re.findall(r"^#+ (.+)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def test_every_code_exists() -> None:
    """A finding that a page names is one that the product has."""
    assert set(re.findall(r"\bMT\d{3}\b", ALL)) - set(KINDS) == set()


def test_every_state_is_told() -> None:
    """The reference explains each state that a report can show."""
    section = TEXTS["reference.md"].partition("## States")[2].partition("\n## ")[0]
    assert re.findall(r"^\| `(\w+)`", section, re.MULTILINE) == list(get_args(State))


def test_every_setting_is_told() -> None:
    """The reference's table of config.yaml is the product's settings with their defaults."""
    section = TEXTS["reference.md"].partition("## config.yaml")[2].partition("\n## ")[0]
    rows = dict(re.findall(r"^\| `(\w+)` \| `?([^`|]+?)`? \|", section, re.MULTILINE))
    product = settings.Product()
    assert rows == {name: str(getattr(product, name)) for name in product.__dataclass_fields__}


@pytest.mark.parametrize(("page", "text"), EXAMPLES)
def test_every_example_is_valid(page: str, text: str) -> None:
    """An example can be copied: our own readers take its keys."""
    assert accepted(yaml.safe_load(text)) == page or page


def accepted(data: dict[str, object]) -> str:
    """What kind of example it is; raises InventoryError for one that no reader takes."""
    if "connection_options" in data:
        return "nornir"
    if "mail" in data:
        whole = {"provider": "gmail", "sender": "a@b.c", "to": ["d@e.f"], **dict(data["mail"])}  # type: ignore[call-overload]
        settings.account(whole, host="example", resolve=lambda _: Secret("x"))
        return "mail"
    try:
        settings.providers(data, file="example")
    except InventoryError:
        settings.applets(data, file="example")
        return "applets"
    return "providers"


def test_modules_named_by_the_architecture_exist() -> None:
    """The tables of rooms name files that are there, and in mailtrust/ and tasks/ all of them."""
    for room in ("mailtrust", "tasks"):
        table = TEXTS["architecture.md"].partition(f"| `{room}/` |")[2].partition("\n\n")[0]
        named = set(re.findall(r"`(\w+)(?:\.py|/)`", table))
        there = {path.stem for path in (ROOT / room).iterdir() if path.suffix == ".py" or path.is_dir()}
        assert named == there - {"__init__", "__pycache__"}


def test_the_changelog_knows_this_version() -> None:
    """What is built is what the changelog's first section tells: its version, or work in progress."""
    version = re.search(r'^version = "(.+)"$', (ROOT / "pyproject.toml").read_text(), re.MULTILINE)
    first = re.search(r"^## (?:\[?)([\w.]+)", TEXTS["CHANGELOG.md"], re.MULTILINE)
    assert version
    assert first
    assert first[1] in {version[1], "Unreleased"}
