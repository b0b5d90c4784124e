"""What a presented chain means to a router, shown on every chain that the lab's authority mints and on grown ones."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path as File

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given, settings
from hypothesis import strategies as st

from lab.authority import LEAF_LIFE, ROOT_LIFE, Authority, Chain
from lab.certificate import Certificate as Witness
from lab.issuing import Identity, Life, issue, name, new_key
from lab.validation import validate
from mailtrust.certificates import from_der, from_pem
from mailtrust.chain import Judgement, Presented, Root, compare, drift, judge
from mailtrust.findings import Finding
from mailtrust.model import Certificate

NOW = datetime(2026, 6, 1, 12, tzinfo=timezone.utc)
WINDOW = timedelta(days=90)
HOST = "smtp.lab.test"
AUTHORITY = Authority.mint(NOW)
AGED = "MT515"  # the lab's legacy root is as old as the real one


def ours(certificate: x509.Certificate) -> Certificate:
    return from_der(certificate.public_bytes(Encoding.DER))


ROOT, LEGACY, CROSS, ISSUING = (
    ours(one.certificate) for one in (AUTHORITY.root, AUTHORITY.legacy, AUTHORITY.cross, AUTHORITY.issuing)
)
LAB_ROOTS = (Root(ROOT, "catalogue"), Root(LEGACY, "certifi"))


def seen(*chain: Certificate, where: str = "192.0.2.1:587", sni: bool = False) -> Presented:
    return Presented(where, sni, chain)


def state(title: str, where: str = "192.0.2.1:587", *, sni: bool = False) -> Presented:
    return seen(*map(ours, AUTHORITY.chain(title).presented), where=where, sni=sni)


def judged(
    presented: Presented,
    *roots: Certificate,
    host: str | None = HOST,
    now: datetime = NOW,
    extra: Sequence[Certificate] = (),
) -> Judgement:
    known = tuple(Root(one, "catalogue") for one in roots) or LAB_ROOTS
    return judge(presented, known, host=host, now=now, window=WINDOW, extra=extra)


def codes(findings: Sequence[Finding]) -> list[str]:
    return [one.code for one in findings]


def names(certificates: Sequence[Certificate]) -> list[str]:
    return [one.common_name for one in certificates]


# --- every state of the lab's authority ----------------------------------------------------------------------------

TO_LEGACY = ["smtp.lab.test", "Lab CA 1C3", "Lab Root R1", "Lab Legacy Root CA"]
TO_ROOT = TO_LEGACY[:3]
BOTH = [TO_LEGACY, TO_ROOT]
ANCHORS = ["Lab Legacy Root CA", "Lab Root R1"]
SWITCHED = ["smtp.lab.test", "Lab CA 1D4", "Lab Root R1"]
OTHER = ["other.lab.test", "Lab CA 1C3", "Lab Root R1"]

STATES = {
    "cross-signed": (BOTH, ANCHORS, ["Lab CA 1C3"], [AGED]),
    "cross-sign dropped": ([TO_ROOT], ["Lab Root R1"], ["Lab CA 1C3"], []),
    "leaf renewed": (BOTH, ANCHORS, ["Lab CA 1C3"], [AGED]),
    "intermediate switched": ([[*SWITCHED, "Lab Legacy Root CA"], SWITCHED], ANCHORS, ["Lab CA 1D4"], [AGED]),
    "root switched": ([], [], [], ["MT501"]),
    "missing intermediate": ([], [], [], ["MT501", "MT502"]),
    "unordered": (BOTH, ANCHORS, ["Lab CA 1C3"], ["MT503", AGED]),
    "duplicate": (BOTH, ANCHORS, ["Lab CA 1C3"], ["MT504", AGED]),
    "presented root": ([TO_ROOT], ["Lab Root R1"], ["Lab CA 1C3"], ["MT505"]),
    "presented legacy root": (BOTH, ANCHORS, ["Lab CA 1C3"], ["MT505", AGED]),
    "wrong host": ([[*OTHER, "Lab Legacy Root CA"], OTHER], ANCHORS, ["Lab CA 1C3"], ["MT524", AGED]),
    "expired leaf": (BOTH, ANCHORS, ["Lab CA 1C3"], ["MT511", AGED]),
    "expired intermediate": (BOTH, ANCHORS, [], ["MT511", AGED]),
    "not yet valid": (BOTH, ANCHORS, ["Lab CA 1C3"], ["MT512", AGED]),
    "unknown issuer": ([], [], [], ["MT501"]),
}


@pytest.mark.parametrize("title", AUTHORITY.chains)
def test_every_state_of_the_lab(title: str) -> None:
    """Paths, what to install and findings are those of the table; a new state of the lab needs a row."""
    paths, anchors, intermediates, told = STATES[title]
    judgement = judged(state(title))
    assert [names(path.certificates) for path in judgement.paths] == paths
    assert names(judgement.sets["anchors"]) == anchors
    assert names(judgement.sets["issuers"]) == [*anchors, *intermediates]
    assert codes(judgement.findings) == told


@pytest.mark.parametrize("title", AUTHORITY.chains)
def test_the_anchor_is_the_issuer_of_the_topmost_presented(title: str) -> None:
    """Today's anchor is the one that the authority names, in every state, once its roots are known."""
    chain = AUTHORITY.chain(title)
    roots = [one for one in map(ours, chain.issuers) if one.self_issued]
    judgement = judged(state(title), *roots, extra=[one for one in map(ours, chain.issuers) if not one.self_issued])
    assert judgement.anchors == (ours(chain.anchor),)


@pytest.mark.parametrize("title", AUTHORITY.chains)
def test_the_witness_accepts_the_sets_and_nothing_less(title: str) -> None:
    """An emulated router with the set for `anchors` takes the chain; without today's anchor it refuses it."""
    chain = AUTHORITY.chain(title)
    extra = [one for one in map(ours, chain.issuers) if not one.self_issued]
    judgement = judged(state(title), *(one for one in map(ours, chain.issuers) if one.self_issued), extra=extra)
    in_time = not {"MT511", "MT512"} & {one.code for one in judgement.findings}
    for policy in ("anchors", "issuers"):
        assert accepted(judgement.presented, judgement.sets[policy]) is in_time
        less = [one for one in judgement.sets[policy] if one not in judgement.anchors]
        assert accepted(judgement.presented, less) is (less_is_enough(chain) and policy == "issuers" and in_time)


def less_is_enough(chain: Chain) -> bool:
    """Where the topmost presented certificate is a CA of the set itself, it is a trustpoint that serves."""
    top = chain.presented[-1]
    return len(chain.presented) == 2 and top in chain.issuers


def accepted(presented: Presented, trust: Sequence[Certificate]) -> bool:
    held = {one.sha256: Witness(one.der) for one in trust}
    return validate([Witness(one.der) for one in presented.chain], held, NOW).trustpoint is not None


def test_a_stranger_is_named_in_full() -> None:
    """The finding about an unknown root has subject, issuer, the whole SHA-256 and where it was seen."""
    (told,) = judged(state("unknown issuer")).findings
    top = state("unknown issuer").chain[-1]
    for part in ("192.0.2.1:587 without SNI", top.subject, top.issuer, top.sha256):
        assert part in told.text


def test_a_presented_stranger_vouches_for_nobody() -> None:
    """A self-signed root that is presented and not known is refused with its own SHA-256; nothing is to be installed."""
    stranger = issued("Stranger")
    leaf = issued(HOST, by=stranger)
    judgement = judged(seen(leaf.ours, stranger.ours))
    assert codes(judgement.findings) == ["MT501", "MT505"]
    assert stranger.ours.sha256 in judgement.findings[0].text
    assert judgement.sets == {"issuers": (), "anchors": (), "all": ()}


def test_a_namesake_of_a_root_is_not_that_root() -> None:
    """A presented certificate with a known root's name and another key leads nowhere."""
    impostor = issued("Lab Root R1")
    leaf = issued(HOST, by=impostor)
    judgement = judged(seen(leaf.ours, impostor.ours), issued("Lab Root R1").ours)
    assert (judgement.paths, judgement.anchors) == ((), ())
    assert codes(judgement.findings) == ["MT501", "MT505"]


def test_the_failure_of_the_field() -> None:
    """With only the self-signed form of the root known there is a path, yet a router would fail: that is an error."""
    judgement = judged(state("cross-signed"), ROOT)
    assert [names(path.certificates) for path in judgement.paths] == [TO_ROOT]
    assert judgement.anchors == ()
    assert codes(judgement.findings) == ["MT501"]
    assert "Lab Legacy Root CA" in judgement.findings[0].text


def test_the_real_chain_needs_the_three_issuers(shared: File) -> None:
    """Gmail's chain of 2023 above its leaf: anchored on GlobalSign Root CA, and R1 is wanted in its self-signed form."""
    files = ("GTS-CA-1C3", "GTS-Root-R1-by-GlobalSign", "GTS-Root-R1", "GlobalSign-Root-CA")
    inner, cross, root, legacy = (from_pem((shared / f"certs/{file}.pem").read_text())[0] for file in files)
    judgement = judged(seen(inner, cross), root, legacy, host=None)
    assert judgement.anchors == (legacy,)
    assert judgement.sets["issuers"] == (legacy, root)
    assert len(judgement.paths) == 2
    assert codes(judgement.findings) == ["MT515"]


# --- what completes a path -----------------------------------------------------------------------------------------


def test_a_held_intermediate_completes_the_path() -> None:
    """What was not sent and is held is found, told, and wanted under every policy: the router must hold it itself."""
    judgement = judged(state("missing intermediate"), extra=[ISSUING])
    assert [names(path.certificates) for path in judgement.paths] == [TO_ROOT]
    assert judgement.anchors == (ISSUING,)
    assert judgement.sets["anchors"] == (ROOT, ISSUING)
    assert codes(judgement.findings) == ["MT502"]
    assert "Lab CA 1C3" in judgement.findings[0].text


def test_what_is_held_and_over_completes_nothing() -> None:
    """An expired intermediate of the trust file is no help."""
    late = ours(AUTHORITY.chain("expired intermediate").presented[1])
    assert judged(state("missing intermediate"), extra=[late]).paths == ()


def test_held_certificates_vouch_for_nobody() -> None:
    """A root that is merely held does not become known by that."""
    assert judged(state("cross-sign dropped"), LEGACY, extra=[ROOT]).anchors == ()


def test_the_first_source_of_a_root_counts() -> None:
    """Of two entries for one root the path names the first."""
    known = (Root(ROOT, "catalogue"), Root(ROOT, "system"))
    judgement = judge(state("cross-sign dropped"), known, host=HOST, now=NOW, window=WINDOW)
    assert [path.root.source for path in judgement.paths] == ["catalogue"]


def test_one_form_of_each_root() -> None:
    """Two self-signed forms of one root are two paths and one certificate to install, the one that ends later."""
    key = new_key("ec")
    old, new = (Minted(issue(NOW, name(common_name="Twice"), key, life)) for life in (ROOT_LIFE, (ROOT_LIFE[0], 9000)))
    judgement = judged(seen(issued(HOST, by=old).ours), old.ours, new.ours)
    assert len(judgement.paths) == 2
    assert judgement.sets["anchors"] == judgement.anchors == (new.ours,)


def test_a_form_that_is_over_is_not_the_one_to_install() -> None:
    """Where the self-signed form has expired, its cross-sign is wanted in its place."""
    key = new_key("ec")
    legacy, over = issued("Legacy"), Minted(issue(NOW, name(common_name="Root"), key, (-900, -1)))
    cross = Minted(issue(NOW, name(common_name="Root"), key, ROOT_LIFE, by=legacy.identity))
    judgement = judged(seen(issued(HOST, by=over).ours, cross.ours), legacy.ours, over.ours)
    assert judgement.sets["issuers"] == (legacy.ours, cross.ours)
    assert codes(judgement.findings) == ["MT511"]


def test_the_presented_form_of_an_intermediate_is_wanted() -> None:
    """Of an intermediate that was renewed the form to install is what the server sends, not a held one that ends later."""
    root, key = issued("Root"), new_key("ec")
    sent, held = (
        Minted(issue(NOW, name(common_name="Inner"), key, (-9, days), by=root.identity)) for days in (300, 900)
    )
    judgement = judged(seen(issued(HOST, by=sent).ours, sent.ours), root.ours, extra=[held.ours])
    assert judgement.sets["issuers"] == (root.ours, sent.ours)
    assert len(judgement.paths) == 2


def test_only_a_ca_issues() -> None:
    """A server's certificate that signed another one vouches for nothing, as good as its own path may be."""
    root = issued("Root")
    key, title = new_key("ec"), "server.lab.test"
    server = Minted(issue(NOW, name(common_name=title), key, LEAF_LIFE, by=root.identity, hosts=[title]))
    leaf = issued(HOST, by=server)
    judgement = judged(seen(leaf.ours, server.ours), root.ours)
    assert judgement.paths == ()
    assert "MT501" in codes(judgement.findings)


def test_no_holder_stands_twice() -> None:
    """CAs that signed each other are passed once: no path goes around."""
    keys = {title: new_key("ec") for title in "ABC"}
    roots = {title: issue(NOW, name(common_name=title), key, ROOT_LIFE) for title, key in keys.items()}

    def cross(below: str, above: str) -> Certificate:
        return ours(issue(NOW, name(common_name=below), keys[below], ROOT_LIFE, by=roots[above]).certificate)

    leaf = issued(HOST, by=Minted(roots["A"])).ours
    judgement = judged(
        seen(leaf, cross("A", "B"), cross("B", "A"), cross("A", "C")), *(ours(roots[one].certificate) for one in "BC")
    )
    assert {"".join(names(path.certificates)).removeprefix(HOST) for path in judgement.paths} == {"AB", "AC"}


def test_both_ways_of_a_server_that_sends_both() -> None:
    """Root and cross-sign sent together have two tops, and both anchors are named."""
    leaf = state("cross-signed").chain[0]
    judgement = judged(seen(leaf, ISSUING, ROOT, CROSS))
    assert set(judgement.anchors) == {ROOT, LEGACY}
    assert codes(judgement.findings) == ["MT505", AGED]


def test_a_known_self_signed_server() -> None:
    """A relay with a self-signed certificate that the catalogue holds is its own leaf, path and anchor."""
    relay = issued("relay.lab.test").ours
    judgement = judged(seen(relay), relay, host=None)
    assert [path.certificates for path in judgement.paths] == [(relay,)]
    assert judgement.anchors == judgement.sets["anchors"] == (relay,)
    assert judgement.findings == ()


def test_an_unknown_self_signed_server() -> None:
    """A self-signed server certificate that nobody knows is one error; no issuer of it is missing."""
    relay = issued(HOST)
    assert codes(judged(seen(relay.ours)).findings) == ["MT501"]


def test_an_empty_chain() -> None:
    """Nothing presented is one error, and nothing to install."""
    judgement = judged(seen())
    assert codes(judgement.findings) == ["MT507"]
    assert judgement.sets == {"issuers": (), "anchors": (), "all": ()}


def test_a_certificate_beside_the_way() -> None:
    """A presented CA that issued nothing here is noted and not wanted."""
    beside = issued("Beside", by=Minted(AUTHORITY.root)).ours
    judgement = judged(seen(*state("cross-sign dropped").chain, beside))
    assert codes(judgement.findings) == ["MT506"]
    assert beside not in judgement.sets["all"]


def test_all_holds_the_leaf_as_well() -> None:
    """Under `all` the server's own certificate is in the set, after the CAs."""
    sets = judged(state("cross-signed")).sets
    assert sets["all"] == (*sets["issuers"], state("cross-signed").chain[0])


def test_cas_that_sign_each_other_end() -> None:
    """Twelve CAs that all signed each other come to an end and lead nowhere."""
    keys = {f"CA {number}": new_key("ec") for number in range(12)}
    signers = {title: Minted(issue(NOW, name(common_name=title), key, ROOT_LIFE)) for title, key in keys.items()}
    crossed = [
        ours(issue(NOW, name(common_name=title), key, ROOT_LIFE, by=signer.identity).certificate)
        for title, key in keys.items()
        for other, signer in signers.items()
        if other != title
    ]
    judgement = judged(seen(issued(HOST, by=signers["CA 0"]).ours, *crossed))
    assert judgement.paths == ()
    assert "MT501" in codes(judgement.findings)


# --- quality -------------------------------------------------------------------------------------------------------


class Minted:
    """An identity of the lab, and its certificate as ours."""

    def __init__(self, identity: Identity) -> None:
        self.identity = identity
        self.ours = ours(identity.certificate)


def issued(title: str, *, by: Minted | None = None, life: Life = ROOT_LIFE, key: object = None) -> Minted:
    key = key or new_key("ec")
    hosts = [HOST] if title == HOST else []
    return Minted(issue(NOW, name(common_name=title), key, life, by=by and by.identity, hosts=hosts))


@pytest.mark.parametrize(
    ("life", "told"),
    [
        ((-100, 89), ["MT513"]),
        ((-100, 90), ["MT513"]),
        ((-100, 91), []),
        ((-100, 0), ["MT513"]),
        ((-100, -1), ["MT511"]),
        ((1, 100), ["MT512"]),
    ],
)
def test_dates_of_an_intermediate(life: Life, told: list[str]) -> None:
    """Over, not begun, about to end: by the caller's clock and window, both ends included."""
    root = issued("Root")
    inner = issued("Inner", by=root, life=life)
    leaf = issued(HOST, by=inner, life=(-1, 200))
    assert codes(judged(seen(leaf.ours, inner.ours), root.ours).findings) == told


def test_a_leaf_may_end_soon() -> None:
    """Leaves live for weeks and are renewed without us: their end inside the window is no finding."""
    root = issued("Root")
    leaf = issued(HOST, by=root, life=LEAF_LIFE)
    assert judged(seen(leaf.ours), root.ours).findings == ()


@pytest.mark.parametrize(
    ("days", "told"), [(-91, []), (-90, ["MT514"]), (-1, ["MT514"]), (0, ["MT515"]), (9, ["MT515"])]
)
def test_the_day_on_which_mozilla_distrusts_a_root(days: int, told: list[str]) -> None:
    """Mozilla's day is a warning inside the window and a note once it is over."""
    day = datetime(2031, 3, 1, tzinfo=timezone.utc)
    root = Minted(issue(datetime(2016, 3, 1, tzinfo=timezone.utc), name(common_name="Root"), new_key("ec"), (0, 9000)))
    leaf = Minted(issue(day, name(common_name=HOST), new_key("ec"), (-100, 100), by=root.identity, hosts=[HOST]))
    judgement = judged(seen(leaf.ours), root.ours, now=day + timedelta(days=days))
    assert codes(judgement.findings) == told


@pytest.mark.parametrize(
    ("key", "told"),
    [
        (rsa.generate_private_key(65537, 2048), []),
        (rsa.generate_private_key(65537, 1024), ["MT522"]),
        (ec.generate_private_key(ec.SECP256R1()), []),
        (ec.generate_private_key(ec.SECP384R1()), ["MT523"]),
        (ec.generate_private_key(ec.SECP521R1()), ["MT523"]),
    ],
    ids=["RSA 2048", "RSA 1024", "P-256", "P-384", "P-521"],
)
def test_keys(key: object, told: list[str]) -> None:
    """Short RSA is weak; what no router was seen to accept is told as unproven, here for a root."""
    root = issued("Root", key=key)
    assert codes(judged(seen(issued(HOST, by=root).ours), root.ours).findings) == told


def test_a_key_that_no_web_ca_uses() -> None:
    """An Ed25519 leaf is judged like any other, as unproven."""
    root = issued("Root")
    key = ed25519.Ed25519PrivateKey.generate()
    names_ = x509.SubjectAlternativeName([x509.DNSName(HOST)])
    leaf = (
        x509.CertificateBuilder(root.identity.certificate.subject, name(common_name=HOST), key.public_key(), 7)
        .not_valid_before(NOW - timedelta(days=1))
        .not_valid_after(NOW + timedelta(days=200))
        .add_extension(names_, critical=False)
        .sign(root.identity.key, hashes.SHA256())
    )
    judgement = judged(seen(ours(leaf)), root.ours)
    assert codes(judgement.findings) == ["MT523"]
    assert "Ed25519" in judgement.findings[0].text


def test_the_proven_path_comes_first() -> None:
    """Where a P-384 root is cross-signed by an RSA or P-256 one, the latter's path leads if the key can be avoided."""
    key = new_key("ec")
    proven, unproven = issued("Proven"), issued("Unproven", key=ec.generate_private_key(ec.SECP384R1()))
    by_unproven, by_proven = (
        Minted(issue(NOW, name(common_name="Inner"), key, ROOT_LIFE, by=one.identity)) for one in (unproven, proven)
    )
    leaf = issued(HOST, by=by_proven)
    judgement = judged(seen(leaf.ours, by_unproven.ours, by_proven.ours), unproven.ours, proven.ours)
    assert [path.root.certificate for path in judgement.paths] == [proven.ours, unproven.ours]
    (told,) = judgement.findings
    assert (told.code, "another path needs only proven keys" in told.text) == ("MT523", True)


@pytest.mark.parametrize("key_type", ["rsa", "ec"])
def test_sha1_below_a_root(key_type: str) -> None:
    """A path through a SHA-1 signature is found and told as weak; a forged one is not found."""
    root, inner = (issued(title, key=new_key(key_type)) for title in ("Root", "Inner"))
    weak = with_sha1(issue(NOW, name(common_name="Inner"), inner.identity.key, ROOT_LIFE, by=root.identity), root)
    leaf = issued(HOST, by=inner)
    judgement = judged(seen(leaf.ours, weak), root.ours)
    assert names(judgement.paths[0].certificates) == [HOST, "Inner", "Root"]
    assert codes(judgement.findings) == ["MT521"]
    forged = with_sha1(issue(NOW, name(common_name="Inner"), inner.identity.key, ROOT_LIFE, by=root.identity), inner)
    assert judged(seen(leaf.ours, forged), root.ours).paths == ()


def with_sha1(identity: Identity, signer: Minted) -> Certificate:
    """The same certificate with its signature made anew: the library refuses to make such, so its DER is put together."""
    key, sha256 = signer.identity.key, identity.certificate
    if isinstance(key, rsa.RSAPrivateKey):
        old, new = bytes.fromhex("06092a864886f70d01010b"), bytes.fromhex("06092a864886f70d010105")
        tbs = sha256.tbs_certificate_bytes.replace(old, new)
        algorithm, signature = new + b"\x05\x00", key.sign(tbs, padding.PKCS1v15(), hashes.SHA1())
    else:
        old, new = bytes.fromhex("300a06082a8648ce3d040302"), bytes.fromhex("300906072a8648ce3d0401")
        body = sha256.tbs_certificate_bytes[4:].replace(old, new)
        tbs = b"\x30\x82" + len(body).to_bytes(2, "big") + body
        algorithm, signature = new[2:], key.sign(tbs, ec.ECDSA(hashes.SHA1()))
    bits = b"\x00" + signature
    long = b"\x82" + len(bits).to_bytes(2, "big") if len(bits) > 127 else bytes([len(bits)])
    whole = tbs + b"\x30" + bytes([len(algorithm)]) + algorithm + b"\x03" + long + bits
    return from_der(b"\x30\x82" + len(whole).to_bytes(2, "big") + whole)


# --- between looks -------------------------------------------------------------------------------------------------


def test_equal_looks_say_nothing() -> None:
    """Four looks at one chain have nothing to tell."""
    looks = [
        state("cross-signed", where, sni=sni) for where in ("192.0.2.1:587", "[2001:db8::1]:587") for sni in (0, 1)
    ]
    assert compare([judged(look) for look in looks]) == ()


@pytest.mark.parametrize(
    ("first", "second", "told"),
    [
        (("cross-signed", "a", False), ("cross-sign dropped", "b", False), ["MT531"]),
        (("cross-signed", "a", False), ("leaf renewed", "b", False), ["MT532"]),
        (("cross-signed", "a", True), ("leaf renewed", "a", False), ["MT533"]),
        (("cross-signed", "a", True), ("wrong host", "a", False), ["MT533"]),
        (("cross-signed", "a", True), ("leaf renewed", "b", False), []),
    ],
)
def test_differences(first: tuple[str, str, bool], second: tuple[str, str, bool], told: list[str]) -> None:
    """Anchors of addresses, certificates of addresses, SNI and none: one code each, with both sides in the text."""
    looks = [state(title, where, sni=sni) for title, where, sni in (first, second)]
    found = compare([judged(look) for look in looks])
    assert codes(found) == told
    for finding in found:
        assert all(look.where in finding.text for look in looks)


# --- against the trust file ----------------------------------------------------------------------------------------


def drifted(title: str, *installed: Certificate, install: str = "issuers", now: datetime = NOW) -> list[str]:
    return codes(drift(judged(state(title)), installed, now=now, window=WINDOW, install=install))


@pytest.mark.parametrize("policy", ["issuers", "anchors"])
def test_the_computed_set_has_no_drift(policy: str) -> None:
    """What was computed for a policy is in order under that policy."""
    for title, (_, anchors, *_) in STATES.items():
        if anchors:
            assert drifted(title, *judged(state(title)).sets[policy], install=policy) == []


def test_drift_by_its_kind() -> None:
    """No anchor is an error, a wanted one missing a warning, one too many a note."""
    assert drifted("cross-signed", ROOT, ISSUING) == ["MT541", "MT542"]
    assert drifted("cross-signed", LEGACY, ISSUING) == ["MT542"]
    assert drifted("cross-sign dropped", ROOT, ISSUING, LEGACY) == ["MT543"]
    assert drifted("cross-signed", LEGACY, ROOT, install="anchors") == []
    assert drifted("unknown issuer", ROOT) == ["MT541", "MT543"]
    assert drifted("cross-signed") == ["MT541", "MT542", "MT542", "MT542"]


def test_the_dates_of_the_file_are_told() -> None:
    """What is over does not anchor, what ends within the window is told, by the caller's clock."""
    ends = LEGACY.not_after
    assert drifted("cross-signed", LEGACY, ROOT, install="anchors", now=ends - timedelta(days=90)) == ["MT205"]
    assert drifted("cross-signed", LEGACY, ROOT, install="anchors", now=ends + timedelta(days=1)) == [
        "MT541", "MT542", "MT202",
    ]  # fmt: skip


def test_a_trustpoint_of_the_topmost_itself_serves() -> None:
    """A file that holds the topmost presented certificate anchors it, whoever issued it."""
    assert drifted("cross-sign dropped", ISSUING) == ["MT542"]


def test_a_presented_root_is_anchored_by_itself_or_its_renewal() -> None:
    """A presented root is anchored by itself, or by another self-signed form of the same key."""
    renewed = ours(issue(NOW, AUTHORITY.root.certificate.subject, AUTHORITY.root.key, (-1, 9000)).certificate)
    assert "MT541" not in drifted("presented root", ROOT)
    assert "MT541" not in drifted("presented root", renewed)
    assert "MT541" in drifted("presented root", LEGACY)


# --- laws ----------------------------------------------------------------------------------------------------------

RANKS = 6
KEYS = [new_key("ec") for _ in range(RANKS)]
SELF = [issue(NOW, name(common_name=f"CA {rank}"), KEYS[rank], ROOT_LIFE) for rank in range(RANKS)]
BY: dict[tuple[int, int], Certificate] = {
    (below, above): ours(
        issue(NOW, name(common_name=f"CA {below}"), KEYS[below], ROOT_LIFE, by=SELF[above]).certificate
    )
    for below in range(RANKS)
    for above in range(below + 1, RANKS)
} | {(rank, rank): ours(SELF[rank].certificate) for rank in range(RANKS)}
LEAVES = [
    ours(issue(NOW, name(common_name=HOST), KEYS[0], (-1, 200), by=signer, hosts=[HOST]).certificate) for signer in SELF
]
EDGE = st.sampled_from(sorted(BY))


def climbs(rank: int, edges: set[tuple[int, int]], roots: set[int]) -> Iterator[tuple[tuple[int, int], ...]]:
    """By the plan of the hierarchy, without any cryptography: every way from the CA of that rank to a known root."""
    if rank in roots:
        yield ((rank, rank),)
    for below, above in edges:
        if below == rank and above != rank:
            for way in climbs(above, edges, roots):
                yield ((below, above), *way)


@settings(max_examples=200, deadline=None)
@given(
    signer=st.integers(0, RANKS - 1),
    sent=st.lists(EDGE, max_size=8),
    held=st.sets(EDGE, max_size=4),
    roots=st.sets(st.integers(0, RANKS - 1), max_size=3),
)
def test_every_path_and_the_router_s_own_rule(
    signer: int, sent: list[tuple[int, int]], held: set[tuple[int, int]], roots: set[int]
) -> None:
    """In any hierarchy: exactly the paths that its plan has, each link signed; and the witness agrees on the anchors.

    It accepts the set for `anchors`; it refuses it without today's anchor; and if the known roots alone satisfy it,
    an anchor is named.
    """
    presented = seen(LEAVES[signer], *(BY[edge] for edge in sent))
    judgement = judge(
        presented,
        [Root(BY[rank, rank], "catalogue") for rank in sorted(roots)],
        host=HOST,
        now=NOW,
        window=WINDOW,
        extra=[BY[edge] for edge in sorted(held)],
    )
    plan = {(LEAVES[signer], *(BY[edge] for edge in way)) for way in climbs(signer, {*sent, *held}, roots)}
    assert {path.certificates for path in judgement.paths} == plan
    assert len(judgement.paths) == len(plan)
    for path in judgement.paths:
        links = zip(path.certificates, path.certificates[1:], strict=False)
        assert all(Witness(below.der).signed_by(Witness(above.der)) for below, above in links)
        assert path.root.certificate == path.certificates[-1]
    errors = {one.code for one in judgement.findings if one.severity == "error"}
    if not errors:
        assert accepted(presented, judgement.sets["anchors"])
        assert accepted(presented, judgement.sets["issuers"])
        less = [one for one in judgement.sets["anchors"] if one not in judgement.anchors]
        assert len(judgement.anchors) > 1 or not accepted(presented, less)
    if accepted(presented, [BY[rank, rank] for rank in roots]):
        assert judgement.anchors
    assert ("MT501" in errors) >= (not judgement.anchors)


@given(data=st.data())
@settings(max_examples=50, deadline=None)
def test_the_order_of_what_is_sent_changes_findings_only(data: st.DataObject) -> None:
    """Paths, anchors and sets are the same for every order of the certificates above the leaf."""
    chain = state("presented legacy root").chain
    mixed = judged(seen(chain[0], *data.draw(st.permutations(chain[1:]))))
    straight = judged(seen(*chain))
    assert replace(mixed, presented=straight.presented, findings=()) == replace(straight, findings=())
