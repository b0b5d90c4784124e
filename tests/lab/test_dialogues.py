"""Golden cases: what is typed at a console, and the whole transcript that comes of it."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from lab.certificate import Certificate, from_paste, grouped
from lab.console import Console

HERE = Path(__file__).parent
CASES = sorted(path.parent for path in HERE.glob("cases/*/typed.txt"))
FORMS = {
    None: lambda name, certificate: lines_of(name),
    "bare": lambda name, certificate: lines_of(name)[1:-1],
    "half": lambda name, certificate: lines_of(name)[:5],
    "hex": lambda name, certificate: list(certificate.hex_lines),
    "sha1": lambda name, certificate: [certificate.sha1],
    "md5-groups": lambda name, certificate: [grouped(certificate.md5)],
    "serial": lambda name, certificate: [certificate.serial],
}


def lines_of(name: str) -> list[str]:
    return (HERE / "certificates" / f"{name}.pem").read_text().splitlines()


def typed(case: Path) -> list[str]:
    """The lines of a case; `@name` stands for that certificate's PEM, `@name/form` for another form of it."""
    lines: list[str] = []
    for line in (case / "typed.txt").read_text().splitlines():
        found = re.search(r"@(\w+)(?:/([\w-]+))?$", line)
        if not found:
            lines.append(line)
            continue
        certificate: Certificate = from_paste(lines_of(found[1]))
        pieces = FORMS[found[2]](found[1], certificate)
        lines += [line[: found.start()] + piece for piece in pieces]
    return lines


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_dialogue_reads_as_on_the_router(case: Path, console: Callable[..., Console]) -> None:
    """Every variant of the certificate dialogues prints, asks and refuses exactly as recorded in its case."""
    personality = case / "personality.yaml"
    on = console(**(yaml.safe_load(personality.read_text()) if personality.exists() else {}))

    on.type(*typed(case))

    assert on.transcript + on.session.prompt + "\n" == (case / "printed.txt").read_text()
