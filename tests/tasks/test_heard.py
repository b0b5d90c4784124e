"""What has been heard since the last write: bytes as they come, text when it is asked for."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailtrust.errors import Silence
from tasks import heard as room
from tasks.heard import Heard

MORE = " --More-- "
BACKSPACES = "\x08" * 9 + " " * 8 + "\x08" * 9
RETURNS = "\r" + " " * 10 + "\r"
BLANKS = " " * 10  # the same, where the pipe takes returns away


def listened(*chunks: bytes | str) -> Heard:
    heard = Heard()
    for chunk in chunks:
        heard.add(chunk.encode() if isinstance(chunk, str) else chunk)
    return heard


@given(st.text(alphabet=st.characters(exclude_characters="\0\x08\r", codec="utf-8")), st.data())
def test_it_does_not_matter_where_the_packets_end(text: str, data: st.DataObject) -> None:
    """A letter of several bytes may be cut in its midst; the text is the same, and so is its tail."""
    whole = text.encode()
    cuts = sorted(data.draw(st.lists(st.integers(0, len(whole)), max_size=8)))
    heard = listened(*(whole[start:stop] for start, stop in zip([0, *cuts], [*cuts, len(whole)], strict=True)))
    assert heard.text == text
    assert heard.tail == text[-room._TAIL :]


def test_bytes_that_are_no_text_are_seen_to_be_none() -> None:
    """One sign for what cannot be read; what follows is read again."""
    assert listened(b"a\xff", b"b\xc3", b"(").text == "a\ufffdb\ufffd("


@pytest.mark.parametrize("wiped", [BACKSPACES, RETURNS, BLANKS, "\x08" * 10, ""])
@pytest.mark.parametrize("line", ["event none", " event none", "  3082", ""])
def test_what_paging_leaves_behind_goes(wiped: str, line: str) -> None:
    """The word, and whatever the router wipes it out with; the blanks before a line stay."""
    heard = listened("show run\none\n", MORE)
    assert heard.paging
    heard.turned()
    assert not heard.paging
    assert heard.text == "show run\none\n"
    heard.add(f"{wiped}{line}\nR1#".encode())
    assert heard.text == f"show run\none\n{line}\nR1#"
    assert heard.tail.endswith(f"{line}\nR1#")


def test_paging_may_come_in_pieces() -> None:
    """The word is known when it is whole, and only at the very end."""
    heard = listened("one\n --Mo")
    assert not heard.paging
    heard.add(b"re-- ")
    assert heard.paging
    heard.add(b"\ntwo\n")
    assert not heard.paging
    assert heard.text == f"one\n{MORE}\ntwo\n", "who types it in a banner is not answered"


@pytest.mark.parametrize(
    ("tail", "promising"),
    [
        ("R1#", True),
        ("R1>", True),
        ("R1# ", True),
        ("[yes/no]: ", True),
        ("[confirm]", True),
        ("Destination filename [startup-config]? ", True),
        ('the word "quit" on a line by itself\n\n', True),
        ("12:00\n", False),
        ("R1#\nmore words", False),
        ("R1", False),
        ("", True),
    ],
)
def test_a_look_is_worth_while_at_an_end(tail: str, promising: bool) -> None:
    """A prompt or a question may have come; in the midst of a line nobody looks."""
    assert listened("some text\n" * bool(tail), tail).promising is promising


@pytest.mark.parametrize("size", [20, 1400])
def test_the_cost_of_looking_grows_with_the_text_and_no_faster(size: int) -> None:
    """However many packets look like an end: all looks together see a multiple of the text, not its square."""
    heard, looked, packet = Heard(), 0, (b"x" * (size - 3)) + b"\n>#"
    for number in range(1, 20_001):
        heard.add(packet)
        if heard.promising:
            looked += number * size
    assert looked < 25 * 20_000 * size + 5_050 * size


def test_a_long_answer_is_still_looked_at() -> None:
    """Never again so often, but whenever it has grown by a part."""
    heard = Heard()
    looks = 0
    for _ in range(3000):
        heard.add(b"words of an answer\nR1#")
        looks += heard.promising
    assert 100 < looks < 300


def test_pages_cost_no_more_than_their_text(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each page is turned by looking at its end: pages that have come before are not touched again."""
    seen = []

    class Counting:
        def sub(self, instead: str, text: str) -> str:
            seen.append(len(text))
            return text.replace(MORE, instead)

        def search(self, text: str) -> bool:
            return MORE in text

    monkeypatch.setattr(room, "_MORE", Counting())
    heard = Heard()
    for _ in range(500):
        heard.add(b"x" * 1000)
        heard.add(MORE.encode())
        heard.turned()
    assert max(seen) <= room._TAIL + len(MORE)
    assert heard.text == "x" * 500_000


def test_an_answer_that_never_ends_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """Before it fills the memory: MT404 says how much came."""
    monkeypatch.setattr(room, "_MOST", 2 * 1024 * 1024)
    heard = listened(b"x" * 1024 * 1024, b"x" * 1024 * 1024)
    with pytest.raises(Silence, match="MT404 2097152 bytes came and no end of it; heard last"):
        heard.add(b"x")
