"""Bytes, text and names of certificates."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mailtrust.certificates import (
    CertificateError,
    from_der,
    from_hex,
    from_pem,
    hex_block,
    ios_fingerprint,
    is_ours,
    pem_lines,
    roots_first,
    same_fingerprint,
    serial_hex,
    trustpoint_name,
)
from mailtrust.model import Certificate, Trustpoint

TRUST = Path(__file__).resolve().parents[2] / "inventory/trust"
Mint = Callable[..., Certificate]


def pem(*certificates: Certificate) -> str:
    return "\n".join(line for certificate in certificates for line in pem_lines(certificate))


def named(text: str) -> Certificate:
    """A certificate of which only name and digest matter."""
    return Certificate(b"", text, text, text, 1, *[None] * 2, True, True, "0123456789abcdef" * 4, "AB" * 20)  # type: ignore[arg-type]


# --- the real thing ------------------------------------------------------------------------------------------------


def test_gts_root_r1_has_the_name_of_the_documents() -> None:
    """The name of a trustpoint is the same in every release of ours: scripts and routers know it."""
    roots = {one.sha256[:8]: one for one in from_pem(next(TRUST.glob("*gmail*")).read_text())}
    assert trustpoint_name(roots["d947432a"]) == "CA-GTS-Root-R1-d947432a"
    assert trustpoint_name(roots["ebd41040"]) == "CA-GlobalSign-Root-CA-ebd41040"


@pytest.mark.parametrize("path", sorted(TRUST.glob("*.pem")), ids=lambda path: path.stem)
def test_what_init_ships_are_ca_certificates(path: Path) -> None:
    """Every certificate of our own trust files is a CA and goes to IOS's layout and back unchanged."""
    certificates = from_pem(path.read_text())
    assert certificates
    assert [one for one in certificates if not one.is_ca] == []
    assert [from_hex(hex_block(one)) for one in certificates] == [one.der for one in certificates]


@pytest.mark.parametrize("stem", ["GTS-CA-1C3", "GTS-Root-R1", "GlobalSign-Root-CA"])
def test_the_seed_shows_what_we_compute(stem: str, shared: Path) -> None:
    """Serial, fingerprint, hex lines and PEM lines are those of the seed's router."""
    (certificate,) = from_pem((shared / f"certs/{stem}.pem").read_text())
    seed = next((shared / "seed").iterdir()).read_text()
    shown = seed[seed.index(f"certificate ca {serial_hex(certificate.serial)}") :].splitlines()
    shown = shown[1 : shown.index("quit")]
    assert len(shown) > 3
    assert f"Certificate Serial Number (hex): {serial_hex(certificate.serial)}\n" in seed
    assert f"Fingerprint SHA1: {ios_fingerprint(certificate.sha1)}\n" in seed
    ours = [line.strip() for line in hex_block(certificate)]
    assert [line for line in shown if line != "<snip>" and line not in ours] == []
    assert all(seed.count(f"{line}\n") for line in (pem_lines(certificate)[1], pem_lines(certificate)[-2]))


def test_a_real_router_shows_what_we_lay_out(shared: Path) -> None:
    """The hex block of a Catalyst 9000 is reproduced byte for byte, blanks and tab included."""
    shown = (shared / "transcripts/field/show_run_cert_chain__catalyst9k_SLA-TrustPoint.txt").read_text().splitlines()
    assert hex_block(from_der(from_hex(shown[1:]))) == tuple(shown[1:])


# --- DER -----------------------------------------------------------------------------------------------------------


def test_a_certificate_is_read_whole(mint: Mint) -> None:
    """Names, dates in UTC, serial and the roles of subject and issuer come out of the DER."""
    certificate = mint("Inner CA", by="Outer CA", serial=0x0A0B)
    assert certificate.subject == "CN=Inner CA"
    assert certificate.issuer == "CN=Outer CA"
    assert (certificate.common_name, certificate.serial) == ("Inner CA", 0x0A0B)
    assert (certificate.is_ca, certificate.self_issued) == (True, False)
    assert (certificate.not_after - certificate.not_before).days == 1100
    assert str(certificate.not_before.tzinfo) == "UTC"
    assert (certificate.sha256, certificate.sha1) == (certificate.sha256.lower(), certificate.sha1.upper())


@pytest.mark.parametrize(("serial", "expected", "printed"), [("00", 0, "00"), ("81", -127, "-7F"), ("7f", 127, "7F")])
def test_odd_serials_are_read(serial: str, expected: int, printed: str, mint: Mint) -> None:
    """Serial 0 and negative serials, which real roots have, are no error and no warning."""
    der = mint("Odd Root", serial=1).der.replace(bytes.fromhex("020101"), bytes.fromhex("0201" + serial), 1)
    certificate = from_der(der)
    assert certificate.serial == expected
    assert serial_hex(certificate.serial) == printed


@pytest.mark.parametrize(("by", "is_ca"), [(None, True), ("Somebody Else", False)])
def test_a_version_1_root_is_a_ca(by: str | None, is_ca: bool, mint: Mint) -> None:
    """Version 1 has no extensions: its own issuer is a CA there, anybody else is not."""
    assert from_der(version_1(mint("Old Root", by=by).der)).is_ca is is_ca


def test_a_version_3_certificate_must_say_that_it_is_a_ca(mint: Mint) -> None:
    """A self-issued certificate without basicConstraints, as routers make for HTTPS, is a leaf."""
    assert mint("router.example.com", ca=None).is_ca is False
    assert mint("router.example.com", ca=False).is_ca is False


def version_1(der: bytes) -> bytes:
    """The same certificate without version and extensions."""
    (whole,) = parts(der)
    tbs, *signature = parts(whole[1])
    fields = [field for field in parts(tbs[1]) if field[0] not in {0xA0, 0xA3}]
    return tlv(0x30, tlv(0x30, b"".join(tlv(*field) for field in fields)) + b"".join(tlv(*one) for one in signature))


def parts(der: bytes) -> list[tuple[int, bytes]]:
    found = []
    while der:
        octets = der[1] & 0x7F if der[1] & 0x80 else 0
        length = int.from_bytes(der[2 : 2 + octets], "big") if octets else der[1]
        end = 2 + octets + length
        found.append((der[0], der[2 + octets : end]))
        der = der[end:]
    return found


def tlv(tag: int, value: bytes) -> bytes:
    size = len(value)
    octets = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, size]) + value if size < 0x80 else bytes([tag, 0x80 | len(octets)]) + octets + value


@given(st.binary(max_size=300))
@example(b"")
def test_arbitrary_bytes_are_our_error(der: bytes) -> None:
    """Whatever is not a certificate is a CertificateError in one line."""
    with pytest.raises(CertificateError) as error:
        from_der(der)
    assert "\n" not in str(error.value)


@given(data=st.data())
def test_damaged_certificates_are_our_error_or_a_certificate(data: st.DataObject, mint: Mint) -> None:
    """One changed byte anywhere never brings a foreign exception or a warning out."""
    der = bytearray(mint("Test Root").der)
    der[data.draw(st.integers(0, len(der) - 1))] = data.draw(st.integers(0, 255))
    with suppress(CertificateError):
        assert from_der(bytes(der)).der == bytes(der)


# --- PEM -----------------------------------------------------------------------------------------------------------


def test_pem_takes_any_mixture(mint: Mint) -> None:
    """Text around and between, CRLF and any order: the certificates come in the order of the file."""
    one, other = mint("One"), mint("Other")
    stacked = f"Subject: one\n{pem(one)}\n\n# note\n-----BEGIN NOTHING-----\n{pem(other)}{pem(one)}trailing"
    assert from_pem(stacked) == (one, other, one)
    assert from_pem(stacked.replace("\n", "\r\n")) == (one, other, one)
    assert from_pem("no certificate in here") == ()


@pytest.mark.parametrize(
    ("damage", "expected"),
    [
        (lambda text: text.replace("MII", "M!I"), "certificate 2 of the file: not base64: "),
        (lambda text: text.replace("MII", "AAA"), "certificate 2 of the file: not a certificate: "),
        (lambda text: text.replace("MII", ""), "certificate 2 of the file: not "),
        (lambda text: text.replace("\n", "\nü", 2), "certificate 2 of the file: not base64: "),
        (lambda text: text[:200], "certificate 2 of the file: '-----END CERTIFICATE-----' is missing"),
        (lambda text: text[:200] + text, "certificate 2 of the file: '-----END CERTIFICATE-----' is missing"),
        (lambda _: "-----BEGIN CERTIFICATE----------END CERTIFICATE-----", "certificate 2 of the file: not a cert"),
    ],
)
def test_a_damaged_block_is_counted(damage: Callable[[str], str], expected: str, mint: Mint) -> None:
    """The error says which block of the file is damaged, and how."""
    with pytest.raises(CertificateError, match=re.escape(expected)):
        from_pem(f"{pem(mint('Good'))}\n{damage(pem(mint('Bad')))}")


@given(text=st.text(st.sampled_from("-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----MIIB=é \r"), max_size=200))
def test_arbitrary_pem_is_our_error_or_nothing(text: str) -> None:
    """A text of PEM's own letters never brings a foreign exception out."""
    for wrapped in (text, f"-----BEGIN CERTIFICATE-----{text}-----END CERTIFICATE-----"):
        with suppress(CertificateError):
            assert from_pem(wrapped) == ()


def test_pem_lines_suit_the_paste(mint: Mint) -> None:
    """Lines of at most 64 between BEGIN and END and never a blank one, which would end the paste."""
    lines = pem_lines(mint("Test Root"))
    assert (lines[0], lines[-1]) == ("-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----")
    assert {len(line) for line in lines[1:-2]} == {64}
    assert 0 < len(lines[-2]) <= 64
    assert from_pem("\n".join(lines)) == (mint("Test Root"),)


# --- the hexadecimal layout ----------------------------------------------------------------------------------------


@given(content=st.binary(max_size=700), serial=st.integers(0, 2**160), ends=st.sampled_from(["", " ", "\r", "   "]))
def test_hex_goes_round(content: bytes, serial: int, ends: str) -> None:
    """Whatever the length of the DER, IOS's layout gives it back, with any indentation and trailing blanks."""
    certificate = replace(named("x"), der=tlv(0x30, content), serial=serial)
    block = hex_block(certificate)
    assert from_hex(block) == certificate.der
    assert from_hex(line.strip() + ends for line in block) == certificate.der
    assert from_hex([*block, "not ours any more"]) == certificate.der
    assert all(re.fullmatch(r"  ([0-9A-F]{8} ){8}", line) for line in block[1:-2])
    assert re.fullmatch(r" certificate ca ([0-9A-F]{2})+", block[0])
    assert block[-1] == "  \tquit"


@given(content=st.binary(min_size=20, max_size=300), data=st.data())
def test_cut_hex_is_noticed(content: bytes, data: st.DataObject) -> None:
    """Hexadecimal that lost its end anywhere is an error, never a shorter certificate."""
    text = "\n".join(hex_block(replace(named("x"), der=tlv(0x30, content)))[1:-1]).rstrip()
    cut = text[: data.draw(st.integers(0, len(text) - 1))]
    with pytest.raises(CertificateError, match="cut"):
        from_hex(cut.splitlines())


@given(st.lists(st.text(max_size=80), max_size=5))
def test_arbitrary_lines_are_our_error(lines: list[str]) -> None:
    """Lines that are no hexadecimal are a CertificateError."""
    with pytest.raises(CertificateError):
        from_hex(lines)


# --- fingerprints, names, order ------------------------------------------------------------------------------------


def test_fingerprints_are_grouped_as_ios_does() -> None:
    """Groups of eight, upper-case."""
    assert ios_fingerprint("e58c1cc4913b3863") == "E58C1CC4 913B3863"


@given(
    digest=st.binary(min_size=20, max_size=20), grouping=st.sampled_from(["", " ", ":", " \t"]), at=st.integers(0, 39)
)
def test_fingerprints_are_compared_by_digits(digest: bytes, grouping: str, at: int) -> None:
    """Any grouping and case is the same fingerprint; one digit changed, added or left out is another."""
    sha1 = digest.hex().upper()
    printed = digest.hex(grouping, 4) if grouping in {" ", ":"} else digest.hex()
    assert same_fingerprint(printed, sha1)
    assert same_fingerprint(ios_fingerprint(sha1) + " ", sha1.lower())
    other = "0" if sha1[at] != "0" else "1"
    assert not same_fingerprint(sha1[:at] + other + sha1[at + 1 :], sha1)
    assert not same_fingerprint(sha1[:at] + sha1[at + 1 :], sha1)
    assert not same_fingerprint(sha1 + other, sha1)


@pytest.mark.parametrize(
    ("common_name", "slug"),
    [
        ("GTS Root R1", "GTS-Root-R1"),
        ("  Société Générale / CA -- #2 ", "Societe-Generale-CA-2"),
        ("Hellenic Academic and Research Institutions RootCA 2015", "Hellenic-Academic-and-Resear"),
        ("abcdefghijklmnopqrstuvwxyz- b", "abcdefghijklmnopqrstuvwxyz-b"),
        ("abcdefghijklmnopqrstuvwxyza b", "abcdefghijklmnopqrstuvwxyza"),
        ("证书", "unnamed"),
        ("", "unnamed"),
    ],
)
def test_names_are_slugs(common_name: str, slug: str) -> None:
    """Accents are dropped, everything that is not a letter or digit becomes one hyphen, the rest is cut."""
    assert trustpoint_name(named(common_name)) == f"CA-{slug}-01234567"


@given(st.text(max_size=80))
def test_every_name_fits_ios(common_name: str) -> None:
    """Whatever the subject, the name is at most 40 letters, digits and hyphens, and always the same."""
    name = trustpoint_name(named(common_name))
    assert re.fullmatch(r"CA-[A-Za-z0-9-]+-01234567", name)
    assert len(name) <= 40
    assert name == trustpoint_name(named(common_name))


@given(data=st.data())
def test_only_what_hashes_to_its_name_is_ours(data: st.DataObject, mint: Mint) -> None:
    """A trustpoint is ours with exactly the certificate that its name was made from, whatever its settings."""
    common_name = data.draw(st.text(st.characters(codec="utf-8", min_codepoint=32), min_size=1, max_size=16))
    one, other = mint(common_name), mint("Other")
    name = trustpoint_name(one)
    assert is_ours(Trustpoint(name, ("anything",), (one.der,)))
    for chain in ((), (other.der,), (one.der, one.der), (one.der, other.der)):
        assert not is_ours(Trustpoint(name, (), chain))


@pytest.mark.parametrize(
    "name", ["CA-{0}", "CA--{0}", "ca-x-{0}", "CA-x-{0}x", "x-{0}", "CA-x_y-{0}", f"CA-{'x' * 29}-{{0}}"]
)
def test_other_names_are_not_ours(name: str, mint: Mint) -> None:
    """A name of another pattern is somebody's, even if it ends with the right digits."""
    certificate = mint("Test Root")
    assert not is_ours(Trustpoint(name.format(certificate.sha256[:8]), (), (certificate.der,)))


def test_roots_come_first(mint: Mint) -> None:
    """Self-issued first, then each after its issuer, otherwise in the order of the file."""
    root, other = mint("Root"), mint("Other Root")
    inner, outer, cross = mint("Inner", by="Outer"), mint("Outer", by="Root"), mint("Root", by="Other Root")
    assert roots_first([inner, cross, outer, root, other]) == (root, other, cross, outer, inner)


@given(pairs=st.lists(st.tuples(st.sampled_from("ABCDE"), st.sampled_from("ABCDE")), max_size=8))
def test_order_is_kept_by_law(pairs: list[tuple[str, str]]) -> None:
    """Nothing is lost or doubled, roots lead, circles end; an issuer is never behind what only it issued."""
    given_order = [
        replace(named(f"{number}"), subject=subject, issuer=issuer, self_issued=subject == issuer)
        for number, (subject, issuer) in enumerate(pairs)
    ]
    ordered = roots_first(given_order)
    assert sorted(ordered, key=lambda one: int(one.common_name)) == given_order
    assert [one.self_issued for one in ordered] == sorted((one.self_issued for one in ordered), reverse=True)
    edges = {(one.issuer, one.subject) for one in ordered if not one.self_issued}
    if not any(
        (issuer, subject) in closure(edges) and (subject, issuer) in closure(edges) for issuer, subject in edges
    ):
        for place, one in enumerate(ordered):
            later = {after.subject for after in ordered[place + 1 :] if not after.self_issued}
            assert one.self_issued or one.issuer not in later


def closure(edges: set[tuple[str, str]]) -> set[tuple[str, str]]:
    grown = edges | {(a, d) for a, b in edges for c, d in edges if b == c}
    return grown if grown == edges else closure(grown)
