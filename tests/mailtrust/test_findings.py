"""Each code that can be found has its page, and each page its code."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from mailtrust.findings import KINDS, Finding, finding

PAGES = Path(__file__).resolve().parents[2] / "docs/findings"


def test_codes_and_pages_are_the_same() -> None:
    """No code without a page, no page without a code."""
    assert sorted(page.stem for page in PAGES.glob("*.md")) == sorted(KINDS)


@pytest.mark.parametrize("code", sorted(KINDS))
def test_a_page_has_cause_proof_and_cure(code: str) -> None:
    """A page is headed by code and title as reports show them, and says why, how it is seen and what to do, in brief."""
    text = (PAGES / f"{code}.md").read_text(encoding="utf-8")
    heading, *parts = re.split(r"^## (?=Cause|Proof|Cure)", text, flags=re.MULTILINE)
    assert heading == f"# {code}: {KINDS[code].title}\n\n"
    assert [part.partition("\n\n")[0] for part in parts] == ["Cause", "Proof", "Cure"]
    assert all(len(part.partition("\n\n")[2].strip()) > 40 for part in parts)
    assert len(text.splitlines()) <= 35


def test_other_codes_on_a_page_exist() -> None:
    """A page never sends its reader to a code that is none."""
    for page in PAGES.glob("*.md"):
        assert set(re.findall(r"MT\d{3}", page.read_text(encoding="utf-8"))) <= set(KINDS), page.name


def test_a_finding_carries_its_kind() -> None:
    """Severity and remedy come from the table, the text from the case."""
    kind = KINDS["MT101"]
    assert finding("MT101", "seen") == Finding("MT101", kind.severity, "seen", kind.remedy)
