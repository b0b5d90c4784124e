"""The lab's rendering against recordings of real devices, where those are kept beside the checkout."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from lab.certificate import from_hex, from_paste
from lab.console import Console

SEED = {
    "GTS-CA-1C3": "CA-GTS-1C3",
    "GTS-Root-R1": "CA-GTS-Root-R1",
    "GlobalSign-Root-CA": "CA-GlobalSign-Root",
}
INSTALLED_WHEN = re.compile(r"Cert install time|Storage: ")


def install(console: Console, shared: Path, pem_name: str, trustpoint: str) -> str:
    """Authenticate one of the seed's certificates by hand, whatever the router says to it."""
    console.type("configure terminal", f"crypto pki trustpoint {trustpoint}", "enrollment terminal")
    pem = (shared / "certs" / f"{pem_name}.pem").read_text().splitlines()
    said = console.type(f"crypto pki authenticate {trustpoint}", *pem, "quit")
    if console.session.question:
        said += console.type("yes")
    console.type("end")
    return said


@pytest.mark.parametrize(("pem_name", "trustpoint"), SEED.items())
def test_seed_certificates_have_the_seed_numbers_and_hex(
    pem_name: str, trustpoint: str, console: Callable[..., Console], shared: Path
) -> None:
    """Serial, fingerprints and every hex line that the seed prints come out of the seed's certificate."""
    on = console()
    said = install(on, shared, pem_name, trustpoint)
    seed = (shared / "seed" / "000_bf633932a5e4f368.txt").read_text()
    chain = on.type(f"show running-config | section crypto pki certificate chain {trustpoint}")

    serial = re.search(
        rf"^crypto pki certificate chain {trustpoint}\ncertificate ca (\S+)\n(.*?)^quit", seed, re.MULTILINE | re.DOTALL
    )
    assert serial
    assert f" certificate ca {serial[1]}\n" in chain
    recorded = [line for line in serial[2].splitlines() if line != "<snip>"]
    assert recorded
    printed = [line.strip() for line in chain.splitlines()]
    assert [line for line in recorded if line.strip() not in printed] == []
    fingerprints = re.findall(r"Fingerprint (?:MD5|SHA1): .*", said)
    assert len(fingerprints) == 2
    assert all(fingerprint.strip() in seed for fingerprint in fingerprints)


@pytest.mark.parametrize(("pem_name", "trustpoint"), SEED.items())
def test_seed_certificates_show_as_in_the_seed(
    pem_name: str, trustpoint: str, console: Callable[..., Console], shared: Path
) -> None:
    """`show crypto pki certificates verbose` prints the seed's block, but for indentation and the time of install."""
    on = console()
    install(on, shared, pem_name, trustpoint)
    file = shared / "transcripts" / "seed" / f"show_crypto_pki_certificates_verbose__{trustpoint}.txt"

    def block(text: str) -> list[str]:
        lines = (" ".join(line.split()).replace(" Trustpool", "") for line in text.splitlines() if line.strip())
        return [line for line in lines if not INSTALLED_WHEN.search(line) and "#" not in line]

    assert block(on.type(f"show crypto pki certificates verbose {trustpoint}")) == block(file.read_text())


def test_signed_by_the_root_that_is_there(console: Callable[..., Console], shared: Path) -> None:
    """GTS CA 1C3 is accepted without a question once GTS Root R1 is installed, as in the seed."""
    on = console()
    install(on, shared, "GTS-Root-R1", "CA-GTS-Root-R1")

    said = install(on, shared, "GTS-CA-1C3", "CA-GTS-1C3")

    assert "Certificate validated - Signed by existing trustpoint CA certificate." in said
    assert "[yes/no]" not in said


def test_hex_layout_is_a_real_routers(console: Callable[..., Console], shared: Path) -> None:
    """A certificate read from a recorded chain is laid out again byte for byte, trailing blanks and tab included."""
    recorded = (shared / "transcripts/field/show_run_cert_chain__catalyst9k_SLA-TrustPoint.txt").read_text()
    lines = recorded.splitlines()
    on = console()
    on.type("configure terminal", "crypto pki trustpoint SLA-TrustPoint", "crypto pki certificate chain SLA-TrustPoint")
    on.type("certificate ca 01", *lines[2:-1], "quit", "end")

    assert on.type("show running-config | section crypto pki certificate chain") == recorded


def test_status_and_summary_are_a_real_routers(console: Callable[..., Console], shared: Path) -> None:
    """`show crypto pki trustpoints` and its `status` print the recorded blocks of the licensing root."""
    chain = (shared / "transcripts/field/show_run_cert_chain__catalyst9k_SLA-TrustPoint.txt").read_text().splitlines()
    on = console()
    on.type("configure terminal", "crypto pki trustpoint SLA-TrustPoint", "crypto pki certificate chain SLA-TrustPoint")
    on.type("certificate ca 01", *chain[2:-1], "quit", "end")
    recorded = shared / "transcripts"

    status = (recorded / "show-crypto-pki-trustpoints-status/iosxe-golden_output.txt").read_text()
    summary = (recorded / "show-crypto-pki-trustpoints/iosxe-show_crypto_pki_trustpoints.txt").read_text()

    assert on.type("show crypto pki trustpoints status") == status[: status.index("Trustpoint CISCO_IDEVID_SUDI:")]
    assert on.type("show crypto pki trustpoints") == summary[: summary.index("Trustpoint CISCO_IDEVID_SUDI:")]


def test_startup_names_are_a_real_routers(shared: Path) -> None:
    """The file name in nvram is the issuer's first twelve characters, the serial and CA."""
    chain = (shared / "transcripts/field/show_run_cert_chain__catalyst9k_SLA-TrustPoint.txt").read_text().splitlines()
    startup = (shared / "transcripts/field/startup_config_nvram_refs.txt").read_text()

    assert f" certificate ca 01 nvram:{from_hex(chain[2:-1]).file_name}\n" in startup


def test_dialogue_is_a_real_routers(console: Callable[..., Console], shared: Path) -> None:
    """The interactive dialogue prints the recorded lines around the paste, blank for blank."""
    path = "transcripts/field/crypto_pki_authenticate__interactive_accept__cml-dist-rtr02.txt"
    recorded = re.sub(r"<32 lines.*>\n", "", (shared / path).read_text())
    recorded = re.sub(r"(Fingerprint \w+): .*\S", r"\1: X", recorded)
    on = console(hostname="cml-dist-rtr02")
    pem = (shared / "certs" / "GTS-Root-R1.pem").read_text().splitlines()
    typed = [line.partition("#")[2] for line in recorded.splitlines() if "#" in line][:-1]

    on.type(*typed, *pem, "", "yes")

    shown = re.sub(r"(Fingerprint \w+): .*\S", r"\1: X", on.transcript + on.session.prompt + "\n")
    assert [line for line in shown.splitlines() if line not in pem[1:-1]] == recorded.splitlines()


def test_the_cross_signed_root_is_not_self_signed(shared: Path) -> None:
    """GTS Root R1 signed by GlobalSign is a CA of the serial that the seed's debug looks up, and not its own issuer."""
    cross = from_paste((shared / "certs" / "GTS-Root-R1-by-GlobalSign.pem").read_text().splitlines())
    legacy = from_paste((shared / "certs" / "GlobalSign-Root-CA.pem").read_text().splitlines())

    assert cross.is_ca
    assert not cross.self_signed
    assert cross.signed_by(legacy)
    assert cross.serial == "77BD0D6CDB36F91AEA210FC4F058D30D"
