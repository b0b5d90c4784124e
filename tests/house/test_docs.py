"""What the pages say is so: verbs and options exist, links lead somewhere, examples are read by the product's own readers."""

from __future__ import annotations

import inspect
import os
import re
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import get_args

import pytest
import yaml
from pydantic import BaseModel

from mailtrust import settings
from mailtrust.errors import InventoryError
from mailtrust.findings import KINDS
from mailtrust.model import State
from mailtrust.secret import Secret
from runbooks import references
from tasks.runner import FleetRunner

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
        for option in re.findall(r"(?<!\S)--[a-z-]+", rest.partition("#")[0])
    } | set(tabled_options(TEXTS["reference.md"]))
    assert [(verb, option) for verb, option in sorted(shown) if option not in options(verb)] == []


def test_every_option_is_told() -> None:
    """The reference's tables have each option of each verb."""
    tabled = set(tabled_options(TEXTS["reference.md"]))
    taken = {(verb, option) for verb in VERBS for option in options(verb)}
    assert taken - tabled == {(verb, "--help") for verb in VERBS}


def options(verb: str) -> frozenset[str]:
    """The long options that a verb takes."""
    return frozenset(re.findall(r"^  (?:-\w, )?(--[a-z-]+)", told(verb).stdout, re.MULTILINE))


def tabled_options(reference: str) -> list[tuple[str, str]]:
    """(verb, option) of the tables in the section Options: a line of verbs stands above each."""
    section = reference.partition("## Options")[2].partition("\n## ")[0]
    found, verbs = [], []
    for line in section.splitlines():
        if line.endswith(":"):
            verbs = re.findall(r"`([a-z]+)`", line)
        if line.startswith("| `-"):
            found += [
                (verb, option)
                for verb in verbs
                for option in re.findall(r"`(?:-\w`, `)?(--[a-z-]+)", line.split("|")[1])
            ]
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
    product = settings.Product()
    assert defaults("config.yaml") == {name: str(getattr(product, name)) for name in product.__dataclass_fields__}


def test_every_option_of_the_runner_is_told() -> None:
    """The reference's table of our runner is what it takes, with the defaults."""
    takes = inspect.signature(FleetRunner).parameters.values()
    assert defaults("The runner") == {each.name: str(each.default) for each in takes}


def defaults(title: str) -> dict[str, str]:
    """The first two columns of the table in the reference's section."""
    section = TEXTS["reference.md"].partition(f"\n## {title}\n")[2].partition("\n## ")[0]
    return dict(re.findall(r"^\| `(\w+)` \| `?([^`|]+?)`? \|", section, re.MULTILINE))


@pytest.mark.parametrize(
    ("title", "model"),
    [("mail data", settings._Account), ("providers.yaml", settings._Provider), ("applets.yaml", settings._Applet)],
)
def test_every_key_is_told(title: str, model: type[BaseModel]) -> None:
    """The reference's tables of the inventory's files have each key that our readers take, and no other."""
    assert sorted(first_column(title)) == sorted(model.model_fields)


def test_every_scheme_is_told() -> None:
    """The reference has each kind of reference to a secret."""
    assert [row.partition(":")[0] for row in first_column("references")] == list(references._READERS)


def test_every_event_is_told() -> None:
    """The reference has each event that a run writes into its journal."""
    written = {
        event
        for path in (ROOT / "runbooks").glob("*.py")
        for event in re.findall(r"\.log\(\s*\"([a-z-]+)\"", path.read_text())
    }
    assert set(first_column("The journal")) == written
    assert "host-changing" in written


def first_column(title: str) -> list[str]:
    """What the first column of the reference's section lists."""
    section = TEXTS["reference.md"].partition(f"\n## {title}\n")[2].partition("\n## ")[0]
    return re.findall(r"^\| `([^`]+)` \|", section, re.MULTILINE)


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


@pytest.mark.parametrize("room", ["mailtrust", "tasks", "runbooks", "lab"])
def test_modules_named_by_the_architecture_exist(room: str) -> None:
    """The room's table names each of its files once, and no other."""
    table = TEXTS["architecture.md"].partition(f"| `{room}/` |")[2].partition("\n\n")[0]
    named = re.findall(r"`(\w+)(?:\.py|/)`", table)
    there = {path.stem for path in (ROOT / room).iterdir() if path.suffix == ".py" or path.is_dir()}
    assert sorted(named) == sorted(there - {"__init__", "__pycache__"})


def test_the_changelog_knows_this_version() -> None:
    """What is built is what the changelog's first section tells: its version, or work in progress."""
    version = re.search(r'^version = "(.+)"$', (ROOT / "pyproject.toml").read_text(), re.MULTILINE)
    first = re.search(r"^## (?:\[?)([\w.]+)", TEXTS["CHANGELOG.md"], re.MULTILINE)
    assert version
    assert first
    assert first[1] in {version[1], "Unreleased"}
