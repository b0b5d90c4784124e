"""The text of a trust file: what a person reviews and what routers get are the same bytes every time."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from datetime import datetime, timedelta

from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given
from hypothesis import strategies as st

from lab.authority import Authority
from mailtrust.certificates import from_der, from_pem
from mailtrust.chain import Presented, Root, judge
from mailtrust.model import Certificate
from mailtrust.trust_file import trust_set
from mailtrust.trust_text import diff, wanted, write

Mint = Callable[..., Certificate]
DER = Encoding.DER

EXPECTED = """\
# gmail: the certificates that routers get, reviewed

# subject: CN=Root
# serial:  1234
# valid:   2026-02-21 12:00:00 to 2029-02-25 12:00:00 UTC
# SHA-256: {root}
# source:  catalogue
# needed:  routers anchor here
-----BEGIN CERTIFICATE-----
"""


def test_the_whole_text(mint: Mint) -> None:
    """A heading, then for each certificate a blank line, six facts and the PEM as pasted into a router."""
    root, inner = mint("Root"), mint("Inner", by="Root")
    text = write("gmail", [(inner, "on the way", "presented"), (root, "routers anchor here", "catalogue")])
    assert text.startswith(EXPECTED.format(root=root.sha256))
    assert text.endswith("-----END CERTIFICATE-----\n")
    assert from_pem(text) == (root, inner)
    assert max(map(len, text.splitlines())) <= 80


def test_the_same_wish_gives_the_same_bytes(mint: Mint) -> None:
    """Order and copies do not matter; reasons of one certificate are joined."""
    wish = [
        (mint("Root"), "first", "catalogue"),
        (mint("Root"), "second", "catalogue"),
        (mint("Outer", by="Root"), "x", "presented"),
        (mint("Inner", by="Outer"), "y", "presented"),
        (mint("Root", serial=9), "z", "certifi"),
    ]
    text = write("gmail", wish)
    for seed in range(20):
        assert write("gmail", [*random.Random(seed).sample(wish, len(wish)), wish[seed % 5]]) == text
    assert "# needed:  first; second\n" in text
    assert "# source:  catalogue\n" in text
    assert from_pem(text)[2:] == (mint("Outer", by="Root"), mint("Inner", by="Outer"))


def test_a_comment_stays_a_comment(mint: Mint) -> None:
    """A name from the network cannot smuggle a certificate, or a line of its own, into the file."""
    smuggled = "\n".join(f"# {line}" for line in write("x", [(mint("Bad"), "", "")]).splitlines())
    hostile = mint("A-----BEGIN CERTIFICATE-----B")
    text = write(smuggled, [(hostile, smuggled, "line\none"), (mint("Good"), "\u2028\r-----END CERTIFICATE-----", "x")])
    assert set(from_pem(text)) == {hostile, mint("Good")}
    outside = re.sub("-----BEGIN.*?END CERTIFICATE-----", "", text, flags=re.DOTALL)
    assert all(line.startswith("# ") for line in outside.splitlines() if line)


def test_a_file_of_a_judgement_is_installed_whole(now: datetime) -> None:
    """What is computed for a policy, written and read back under it, is the computed set: nothing lost, nothing told."""
    authority = Authority.mint(now)
    roots = [
        Root(from_der(one.certificate.public_bytes(DER)), "catalogue") for one in (authority.root, authority.legacy)
    ]
    for title in ("cross-signed", "cross-sign dropped", "intermediate switched", "presented root"):
        chain = tuple(from_der(one.public_bytes(DER)) for one in authority.chain(title).presented)
        looks = [Presented(where, sni, chain) for where in ("a", "b") for sni in (False, True)]
        judgements = [judge(one, roots, host=None, now=now, window=timedelta(90)) for one in looks]
        for policy in ("issuers", "anchors"):
            text = write("lab", wanted(judgements, policy))
            assert text == write("lab", wanted(judgements[::-1], policy))
            installed, told = trust_set(text, name="lab.pem", install=policy, now=now)
            assert (set(installed), told) == (set(judgements[0].sets[policy]), ())
            assert len(installed) == len(judgements[0].sets[policy])


def test_reasons_and_sources(now: datetime) -> None:
    """Anchor, root for another day, issuer on the way, leaf: each says why it is there, and who vouches for it."""
    authority = Authority.mint(now)
    roots = [
        Root(from_der(authority.root.certificate.public_bytes(DER)), "catalogue"),
        Root(from_der(authority.legacy.certificate.public_bytes(DER)), "system"),
    ]
    chain = tuple(from_der(one.public_bytes(DER)) for one in authority.chain().presented)
    judgement = judge(Presented("a", False, chain), roots, host=None, now=now, window=timedelta(90))
    told = {one.common_name: (why.split(":")[0], source) for one, why, source in wanted([judgement], "all")}
    assert told == {
        "Lab Legacy Root CA": ("issuer of the topmost presented certificate", "system"),
        "Lab Root R1": ("root of a path", "catalogue"),
        "Lab CA 1C3": ("issuer on the way to the root", "presented"),
        "smtp.lab.test": ("the server's own certificate", "presented"),
    }


def test_the_difference_is_a_patch(mint: Mint) -> None:
    """What is added and removed shows under the file's name; equal texts have no difference."""
    old = write("gmail", [(mint("Root"), "why", "catalogue")])
    new = write("gmail", [(mint("Next"), "why", "catalogue")])
    shown = diff(old, new, "trust/gmail.pem").splitlines()
    assert shown[:2] == ["--- trust/gmail.pem", "+++ trust/gmail.pem (proposed)"]
    assert {"-# subject: CN=Root", "+# subject: CN=Next"} <= set(shown)
    assert diff(old, old, "trust/gmail.pem") == ""
    assert "\\ No newline at end of file" in diff(old.rstrip("\n"), old, "trust/gmail.pem")


@given(old=st.text("ab\n", max_size=30), new=st.text("ab\n", max_size=30))
def test_no_difference_is_hidden(old: str, new: str) -> None:
    """The difference is empty exactly where the texts are equal, the end of the last line included."""
    assert (diff(old, new, "x") == "") == (old == new)
