"""A chain from text: one folder a case in tests/cases/chain_input, then real logs and what is no chain at all."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from lab.authority import Authority
from lab.issuing import pem
from mailtrust.catalogue import from_bundle, roots_from
from mailtrust.certificates import from_der, from_pem, pem_lines
from mailtrust.chain import Presented, Root, judge
from mailtrust.chain_input import LONGEST, Needed, from_text, resolve_needed
from mailtrust.errors import MailtrustError, UsageError
from mailtrust.model import Certificate

Mint = Callable[..., Certificate]

CASES = sorted((Path(__file__).resolve().parents[1] / "cases/chain_input").iterdir())
INPUTS = {case.name: (case / "input.txt").read_text(encoding="utf-8") for case in CASES}


def shown(text: str) -> dict[str, object]:
    try:
        found = from_text(text, "the file")
    except UsageError as error:
        return {"error": str(error)}
    if isinstance(found, Needed):
        return {"needed": {"issuers": [list(one) for one in found.issuers], "missing": list(found.missing)}}
    return {"presented": {"sni": found.sni, "sha256": [one.sha256 for one in found.chain]}}


@pytest.mark.parametrize("ends", ["\n", "\r\n"])
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_case(case: Path, ends: str) -> None:
    """Text in, chain or names out; a refusal names the file and says what was expected; line ends do not matter."""
    expected = json.loads((case / "expected.json").read_text(encoding="utf-8"))
    found = shown(INPUTS[case.name].replace("\n", ends))
    if "error" in expected:
        assert str(found["error"]).startswith("the file: ")
        assert expected["error"] in str(found["error"])
    else:
        assert found == expected


def test_where_it_comes_from_is_kept() -> None:
    """The place that the caller names stands in the look."""
    found = from_text(INPUTS["pem"], "gmail.txt")
    assert isinstance(found, Presented)
    assert found.look == "gmail.txt without SNI"


def test_a_bundle_is_no_chain(mint: Mint) -> None:
    """As many certificates as a chain may have are read, one more is refused."""
    stacked = ["\n".join(pem_lines(mint(f"CA {number}"))) for number in range(LONGEST + 1)]
    assert len(shown("\n".join(stacked[1:]))["presented"]["sha256"]) == LONGEST
    assert f"at most {LONGEST}" in shown("\n".join(stacked))["error"]


# --- more than one chain -------------------------------------------------------------------------------------------

SESSION = INPUTS["s_client-of-old"]


def stacked(*certificates: Certificate) -> str:
    return "".join("\n".join((*pem_lines(one), "")) for one in certificates)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (SESSION + SESSION, "expected one chain; sessions begin in line 1 and in line "),
        (SESSION.replace("CONNECTED(00000003)\n", "") * 2, "expected one chain; sessions begin in line 2 and in line "),
        (INPUTS["s_client-nothing-presented"] + SESSION, "expected one chain; sessions begin in line 1 and in line "),
        (INPUTS["s_client-showcerts"] + INPUTS["s_client-showcerts"], "expected one chain; sessions begin in line "),
    ],
    ids=["two", "two without their first lines", "one of them without a chain", "two of today"],
)
@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"], ids=["lf", "crlf", "cr"])
def test_two_sessions(text: str, said: str, ends: str) -> None:
    """Nobody could tell which of two outputs of openssl is meant, so none of them is judged."""
    assert str(shown(text.replace("\n", ends))["error"]).startswith(f"the file: {said}")


def test_two_chains_of_pem(mint: Mint) -> None:
    """Two certificates of servers are two chains; the same one twice is a server's slip, which is judged."""
    one, other, inner = mint("a.example.net", by="CA", ca=False), mint("b.example.net", by="CA", ca=False), mint("CA")
    error = str(shown(stacked(one, inner, other, inner))["error"])
    assert error == (
        "the file: expected one chain; certificates of two servers are in it: CN=a.example.net (1) and CN=b.example.net (3)"
    )
    assert len(shown(stacked(one, inner, one, inner))["presented"]["sha256"]) == 4


def test_a_chain_behind_a_session(mint: Mint) -> None:
    """openssl shows the server's certificate again behind its list; any other one is somebody else's."""
    (first, *_) = from_pem(INPUTS["pem"])
    again = f"{SESSION}\n---\nServer certificate\n{stacked(first)}"
    assert shown(again) == shown(SESSION)
    assert "behind it comes another certificate: CN=Other" in str(shown(f"{again}{stacked(mint('Other'))}")["error"])
    assert shown(again[:-60]) == shown(SESSION)


@pytest.mark.parametrize("kind", ["PRIVATE KEY", "RSA PRIVATE KEY", "ENCRYPTED PRIVATE KEY", "EC PARAMETERS"])
def test_a_servers_own_file(kind: str, mint: Mint) -> None:
    """Beside its chain a mail server keeps its key: it is passed over, unless it is cut, and lines keep their numbers."""
    chain = stacked(mint("a.example.net", by="CA", ca=False), mint("CA"))
    whole = f"-----BEGIN {kind}-----\nProc-Type: 4,ENCRYPTED\n\n{'MIIE' * 16}\n-----END {kind}-----\n"
    for text in (whole + chain, chain + whole, whole + chain + whole):
        assert shown(text) == shown(chain)
    assert f"line 1: '-----BEGIN {kind}-----' is no frame" in str(shown(whole[:60] + chain)["error"])
    assert "line 6: '----BEGIN CERTIFICATE-----' is not exactly" in str(shown(whole + chain[1:])["error"])


# --- names to certificates -----------------------------------------------------------------------------------------


def needed(*issuers: str) -> Needed:
    return Needed(tuple((issuer, "01") for issuer in issuers), ())


def test_names_find_their_certificates() -> None:
    """The names of a debug log find the issuers; of the root both forms are known, and the self-signed one is meant."""
    authority = Authority.mint()
    known = tuple(
        from_text_of(one.certificate) for one in (authority.cross, authority.legacy, authority.root, authority.issuing)
    )
    found = from_text(INPUTS["debug-failing"])
    assert isinstance(found, Needed)
    cross, legacy, root, issuing = known
    assert resolve_needed(found, known) == ((issuing, root, legacy), ())
    assert resolve_needed(found, (cross, legacy)) == ((cross, legacy), ("cn=Lab CA 1C3,o=Lab Trust Services,c=US",))
    assert resolve_needed(found, ()) == ((), tuple(issuer for issuer, _ in found.issuers))


def from_text_of(certificate: object) -> Certificate:
    return from_pem(pem([certificate]))[0]


def test_names_are_compared_whole(mint: Mint) -> None:
    """Case, blanks and escapes do not matter, a part of a name is not the name, and a leaf is nobody's issuer."""
    comma, leaf = mint('Lab "CA", Inc.'), mint("Leaf", ca=False)
    assert resolve_needed(needed("cn=LAB  CA, inc."), [comma]) == ((comma,), ())
    for name in ("cn=Lab CA", "Lab CA, Inc.", "cn=Lab CA, Inc.,c=US", ""):
        assert resolve_needed(needed(name), [comma]) == ((), (name,))
    assert resolve_needed(needed("cn=Leaf"), [leaf]) == ((), ("cn=Leaf",))


def test_each_name_is_told_once(mint: Mint) -> None:
    """Two certificates of one issuer need it once."""
    root = mint("Root")
    assert resolve_needed(needed("cn=Root", "cn=Root", "cn=X", "cn=X"), [root]) == ((root,), ("cn=X",))


# --- real logs -----------------------------------------------------------------------------------------------------

GOOGLE = "o=Google Trust Services LLC,c=US"
GLOBALSIGN = "cn=GlobalSign Root CA,ou=Root CA,o=GlobalSign nv-sa,c=BE"
CROSS = (GLOBALSIGN, "77BD0D6CDB36F91AEA210FC4F058D30D")


def test_the_working_log_has_three_look_ups(shared: Path) -> None:
    """Issuer and serial number of the three presented certificates; the router's own is none of them."""
    text = (shared / "transcripts/seed/debug_success.log").read_text(encoding="utf-8")
    assert from_text(text) == Needed(
        (
            (f"cn=GTS CA 1C3,{GOOGLE}", "5287E040A4FEF7071268B04FDDDDF0F4"),
            (f"cn=GTS Root R1,{GOOGLE}", "0203BC53596B34C718F5015066"),
            CROSS,
        ),
        (),
    )


def test_the_failing_log_has_the_missing_one(shared: Path) -> None:
    """Its visible part asks for one issuer, and misses that one."""
    text = (shared / "transcripts/seed/debug_fail_bad_certificate.log").read_text(encoding="utf-8")
    assert from_text(text) == Needed((CROSS,), (GLOBALSIGN,))


def test_the_catalogue_holds_the_roots_that_the_logs_need(shared: Path) -> None:
    """Of the three issuers the shipped catalogue holds both roots, and the intermediate is told as not held."""
    folder = Path(__file__).resolve().parents[2] / "inventory/trust/roots"
    catalogue = roots_from({file.name: file.read_text(encoding="utf-8") for file in folder.glob("*.pem")})
    found = from_text((shared / "transcripts/seed/debug_success.log").read_text(encoding="utf-8"))
    assert isinstance(found, Needed)
    files = ("GTS-Root-R1", "GlobalSign-Root-CA", "GTS-CA-1C3")
    root, legacy, inner = (from_pem((shared / f"certs/{file}.pem").read_text())[0] for file in files)
    held, absent = resolve_needed(found, [one.certificate for one in catalogue])
    assert (held, absent) == ((root, legacy), (f"cn=GTS CA 1C3,{GOOGLE}",))
    assert resolve_needed(found, [*(one.certificate for one in catalogue), inner]) == ((inner, root, legacy), ())


# --- what nobody meant to be a chain -------------------------------------------------------------------------------

JUNK = (
    "-----BEGIN CERTIFICATE-----",
    "-----END CERTIFICATE-----",
    "Certificate chain\n",
    "\n---\n",
    " 0 s:",
    "\0",
    "é",
    "\n",
)


def mutated(text: str, chance: random.Random) -> str:
    for _ in range(chance.randint(1, 3)):
        start = chance.randrange(len(text) + 1)
        end = min(len(text), start + chance.choice((0, 1, 1, 2, 60, 800)))
        put = chance.choice((text[start:end] * 2, "", chance.choice(JUNK), chr(chance.randrange(33, 127))))
        text = text[:start] + put + text[end:]
    return text


def test_two_thousand_damaged_inputs(now: datetime) -> None:
    """Cut, doubled, overwritten: whatever comes of it is a chain that can be judged, names, or our own error."""
    chance = random.Random(2026)
    known = tuple(Root(one, "catalogue") for one in from_pem(INPUTS["pem"])[1:])
    outcomes = {"presented": 0, "needed": 0, "error": 0}
    texts = [text for text in INPUTS.values() if len(text) > 500]
    for number in range(2000):
        text = mutated(texts[number % len(texts)], chance)
        from_bundle(text, "system")
        with suppress(UsageError):
            roots_from({"roots.pem": text})
        try:
            found = from_text(text)
        except UsageError:
            outcomes["error"] += 1
            continue
        if isinstance(found, Needed):
            resolve_needed(found, [root.certificate for root in known])
        else:
            judge(found, known, host="smtp.lab.test", now=now, window=timedelta(90), extra=found.chain[1:])
        outcomes["needed" if isinstance(found, Needed) else "presented"] += 1
    assert min(outcomes.values()) > 100, outcomes


def test_damaged_certificates_are_judged_or_refused(now: datetime) -> None:
    """A chain whose bytes were changed one by one is refused as such, or judged without a foreign error."""
    chance = random.Random(7)
    chain = from_pem(INPUTS["pem"])
    known = [Root(one, "catalogue") for one in chain[1:]]
    judged = 0
    for _ in range(1500):
        place = chance.randrange(len(chain))
        der = bytearray(chain[place].der)
        der[chance.randrange(len(der))] = chance.randrange(256)
        try:
            damaged = from_der(bytes(der))
        except MailtrustError:
            continue
        judge(
            Presented("x", False, (*chain[:place], damaged, *chain[place + 1 :])),
            known,
            host="smtp.lab.test",
            now=now,
            window=timedelta(90),
            extra=chain,
        )
        judged += 1
    assert judged > 200


@pytest.mark.parametrize(
    "line",
    [
        "Certificate chain\n",
        "Certificate chain\n---\n",
        " 0 s:\n",
        "-----BEGIN CERTIFICATE-----\n",
        "# SHA-256: 00\n",
        " \n",
        '"\n',
        "a",
    ],
    ids=repr,
)
def test_a_megabyte_of_one_line(line: str) -> None:
    """Long texts without any sense come to their end at once."""
    text = line * (1_000_000 // len(line))
    with pytest.raises(UsageError):
        from_text(text)
    assert from_bundle(text, "system") == ()
    with pytest.raises(UsageError):
        roots_from({"roots.pem": text})
