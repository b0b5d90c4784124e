"""Golden conversations, and law 4: whatever a router says, ``yes`` is said to the wanted fingerprint alone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mailtrust.certificates import from_pem, ios_fingerprint, pem_lines
from mailtrust.dialogue import Authentication, Done, Listen, Press, Removal, Saving, Say, paste
from mailtrust.prompts import Prompt

TESTS = Path(__file__).resolve().parents[1]
CASES = sorted((TESTS / "cases/dialogue").iterdir())
WANTED, OTHER = (from_pem((TESTS / f"lab/certificates/{name}.pem").read_text())[0] for name in ("root", "impostor"))
NAME, PROMPT = "CA-Root-12345678", Prompt("R1")
PASTE = pem_lines(WANTED)
WORDS = {
    "<name>": NAME,
    "<sha1>": ios_fingerprint(WANTED.sha1),
    "<other>": ios_fingerprint(OTHER.sha1),
    "<sha1 in small letters and one piece>": WANTED.sha1.lower(),
    "<md5>": "0DB59A34 4C9B9F2C 0F2B8C8D 51E6A6B1",
    "<paste>": "\n".join(PASTE),
    "<first half of paste>": "\n".join(PASTE[:5]),
    "<second half of paste>": "\n".join(PASTE[5:]),
}
DIALOGUES = {
    "authenticate": Authentication(NAME, WANTED, PROMPT),
    "authenticate in one burst": Authentication(NAME, WANTED, PROMPT, stage="pasted"),
    "remove": Removal(NAME, PROMPT),
    "save": Saving(PROMPT),
}


def conversation(case: Path) -> list[tuple[str, str]]:
    """A case as (title, text) pairs: which dialogue, then what is heard and what is done about it, in turns."""
    text = (case / "conversation.txt").read_text(encoding="utf-8")
    for word, meaning in WORDS.items():
        text = text.replace(word, meaning)
    _, *parts = re.split(r"^=== ", text, flags=re.MULTILINE)
    return [(title, heard.removesuffix("\n")) for title, _, heard in (part.partition("\n") for part in parts)]


def turns(case: Path) -> Iterator[tuple[object, str, str]]:
    """Dialogue, what it hears, and the move that is expected."""
    (kind, _), *rest = conversation(case)
    dialogue = DIALOGUES[kind]
    for (heard, text), (expected, _) in zip(rest[::2], rest[1::2], strict=True):
        assert heard == "heard"
        yield dialogue, text, expected
        dialogue, _ = dialogue.hear(text)


def told(move: object) -> str:
    """A move in the words of the cases."""
    if isinstance(move, Say):
        words = {paste(WANTED): "pastes", ("",): "says nothing but Return"}
        return words.get(move.lines) or f"says {' '.join(move.lines)}"
    if isinstance(move, Press):
        return f"presses {move.key}"
    if isinstance(move, Done):
        return "done" if move.finding is None else f"fails {move.finding.code}"
    return "listens"


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_conversation(case: Any) -> None:
    """Every variant of the three dialogues is answered as its case says."""
    for dialogue, heard, expected in turns(case):
        assert told(dialogue.hear(heard)[1]) == expected


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_text_that_drips_in_is_not_answered_early(case: Any) -> None:
    """However the network cuts the text, nothing is said or concluded before the last character that matters."""
    for dialogue, heard, expected in turns(case):
        end = len(heard.rstrip())  # the last blank of a question or a prompt may still be on its way
        early = {told(dialogue.hear(heard[:length])[1]) for length in range(end)}
        assert early <= {"listens"}, expected


# --- law 4 -----------------------------------------------------------------------------------------------------------

PIECES = st.sampled_from(
    [
        f"      Fingerprint SHA1: {ios_fingerprint(WANTED.sha1)} \n",
        f"      Fingerprint SHA1: {ios_fingerprint(OTHER.sha1)} \n",
        f"Trustpoint Fingerprint: {ios_fingerprint(WANTED.sha1)}\n",
        f"       Fingerprint MD5: {WORDS['<md5>']} \n",
        "% Do you accept this certificate? [yes/no]: ",
        "Are you sure you want to do this? [yes/no]: ",
        "Shall I erase everything? [yes/no]: ",
        "Overwrite the previous NVRAM configuration?[confirm]",
        "Erase nvram? [confirm]",
        "% Please answer 'yes' or 'no'.\n",
        'End with a blank line or the word "quit" on a line by itself\n\n',
        "-----END CERTIFICATE-----\n",
        "Trustpoint CA certificate accepted.\n",
        "% Error in saving certificate: status = FAIL\n",
        f"no crypto pki trustpoint {NAME}\n",
        f"crypto pki authenticate {NAME}\n",
        "write memory\n",
        "[OK]",
        "\nR1(config)#",
        "\nR1#",
        "\n",
    ]
)
HEARD = st.lists(PIECES | st.text(max_size=8), max_size=8).map("".join)
SHA1 = re.compile(r"^\s*Fingerprint SHA1: *([0-9A-Fa-f ]+?)\s*$", re.MULTILINE)


@given(st.sampled_from(sorted(DIALOGUES)), st.lists(HEARD, max_size=12))
@example("authenticate", ["% Do you accept this certificate? [yes/no]: "] * 12)
def test_law_4_yes_is_said_to_the_wanted_fingerprint_alone(kind: str, texts: Any) -> None:
    """Arbitrary text gives moves of ours and nothing else; yes to a certificate needs its SHA-1, and no other ever."""
    dialogue, said, printed = DIALOGUES[kind], [], []
    for heard in texts:
        dialogue, move = dialogue.hear(heard)
        assert isinstance(move, Say | Press | Listen | Done)
        if isinstance(move, Listen):
            continue
        printed += SHA1.findall(heard)
        if isinstance(move, Done):
            break
        if isinstance(move, Press):
            assert (kind, move.key, heard[-9:]) == ("save", "n", "[confirm]")
            continue
        said.append(move.lines)
        if move.lines == ("yes",) and kind.startswith("authenticate"):
            assert heard.endswith("% Do you accept this certificate? [yes/no]: ")
            assert {re.sub(r"\s", "", each).upper() for each in printed} == {WANTED.sha1}
        if move.lines == ("yes",) and kind == "remove":
            assert heard.endswith("Are you sure you want to do this? [yes/no]: ")
        if kind == "save" and move.lines != ("no",):
            assert heard.endswith("Overwrite the previous NVRAM configuration?[confirm]")
    answers = [lines for lines in said if lines in {("yes",), ("no",)}]  # a press is one as well, and as limited
    assert len(answers) <= 3
    assert said.count(paste(WANTED)) <= 1


@given(st.integers(0, 39), st.sampled_from("0123456789ABCDEF"))
def test_one_digit_decides(position: Any, digit: Any) -> None:
    """A fingerprint that differs in one digit is another fingerprint."""
    shown = WANTED.sha1[:position] + digit + WANTED.sha1[position + 1 :]
    text = f"Fingerprint SHA1: {ios_fingerprint(shown)} \n\n% Do you accept this certificate? [yes/no]: "
    _, move = Authentication(NAME, WANTED, PROMPT, stage="pasted").hear(text)
    assert move == Say(("yes" if shown == WANTED.sha1 else "no",))


def test_the_paste_holds_no_blank_line_but_the_last() -> None:
    """A blank line ends the paste, lines have at most 64 characters, and ``quit`` is never typed."""
    lines = paste(WANTED)
    assert lines.index("") == len(lines) - 1
    assert max(map(len, lines)) <= 64
    assert "quit" not in lines
