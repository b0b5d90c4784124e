"""`crypto pki ...` in configuration mode: trustpoints, the authenticate dialogue, removal, certificate chains."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from string import hexdigits

from lab.certificate import Certificate, NotACertificateError, from_hex, from_paste, grouped
from lab.configuration import TRUSTPOINT_DEFAULTS, TRUSTPOINT_ORDER, Installed, Trustpoint
from lab.grammar import InvalidError
from lab.pkitexts import (
    ACCEPT_PROMPT,
    ACCEPTED,
    FAIL,
    FINGERPRINT_MISSING,
    HAS_CA,
    NOT_A_CA,
    PASTE,
    REJECTED,
    REMOVAL,
    SUBORDINATE,
    SURE_PROMPT,
)
from lab.prompting import configuration_prompt
from lab.session import Ask, Dialogue, Mode, Result, Session

Args = Mapping[str, str]

MID_PASTE = 5  # lines into a paste
FINGERPRINT_DIGITS = {32: "md5", 40: "sha1"}


def yes_no(text: str, prompt: str) -> Dialogue:
    """Ask until the answer is yes or no; returns "yes" or "no"."""
    while True:
        answer = (yield Ask(text, prompt)).strip().lower()
        if answer and "yes".startswith(answer):
            return "yes"
        if answer and "no".startswith(answer):
            return "no"
        text = "% Please answer 'yes' or 'no'.\n"


# -- trustpoint ---------------------------------------------------------------------------------------------------


def trustpoint(session: Session, args: Args) -> Result:
    name = args["NAME"]
    if name not in session.router.config.trustpoints:
        session.router.put(Trustpoint(name))
    session.go(Mode("trustpoint", "(ca-trustpoint)#", name))
    return ""


def setting(session: Session, args: Args) -> Result:
    """One sub-command of a trustpoint, spelt out; it replaces what stood there for its first word."""
    words = [value if name.isupper() else name for name, value in args.items()]
    if words[0] == "fingerprint":
        words[1] = fingerprint_digits(words[1])
    _change(session, words[0], " ".join(" ".join(words).split()))
    return ""


def no_setting(session: Session, args: Args) -> Result:
    word = list(args)[1]
    _change(session, word, TRUSTPOINT_DEFAULTS.get(word, ""))
    return ""


def _change(session: Session, word: str, text: str) -> None:
    name = session.mode.subject
    trustpoint = session.router.config.trustpoints.get(name, Trustpoint(name))
    others = {key: value for key, value in trustpoint.settings.items() if key != word}
    settings = {**others, word: text} if text else others
    session.router.put(replace(trustpoint, settings=settings))


def fingerprint_digits(text: str) -> str:
    """MD5 or SHA-1 digits, joined; groups are allowed."""
    digits = "".join(text.split())
    if len(digits) not in FINGERPRINT_DIGITS or not set(digits) <= set(hexdigits):
        raise InvalidError(at=0)
    return digits.upper()


def no_trustpoint(session: Session, args: Args) -> Result:
    name = args["NAME"]
    trustpoint = session.router.config.trustpoints.get(name)
    if trustpoint is None:
        return "% CA trustpoint for that name not found\n"
    if trustpoint.ca is None and trustpoint.own is None:
        _remove(session, name)
        return ""
    return _removal(session, name)


def _removal(session: Session, name: str) -> Dialogue:
    if (yield from yes_no(REMOVAL, SURE_PROMPT)) == "no":
        return ""
    _remove(session, name)
    return "% Be sure to ask the CA administrator to revoke your certificates.\n"


def _remove(session: Session, name: str) -> None:
    session.router.config.trustpoints.pop(name, None)
    session.router.touch()


# -- authenticate -------------------------------------------------------------------------------------------------


def authenticate(session: Session, args: Args) -> Result:
    trustpoint = session.router.config.trustpoints.get(args["NAME"])
    if trustpoint is None:
        return f"% Certificate Authority (trustpoint) '{args['NAME']}' is unknown\n"
    if trustpoint.ca:
        return HAS_CA
    if not trustpoint.settings.get("enrollment", "").startswith("enrollment terminal"):
        return "% Error in receiving Certificate Authority certificate: status = FAIL, cert length = 0\n\n"
    return _paste(session, trustpoint)


def _paste(session: Session, trustpoint: Trustpoint) -> Dialogue:
    lines: list[str] = []
    session.point = "before-paste"
    line = yield Ask(PASTE, answer="paste")
    while line.strip() not in ("", "quit"):
        lines.append(line)
        session.point = "mid-paste" if len(lines) == MID_PASTE else ""
        line = yield Ask("", answer="paste")
    session.point = "after-paste"
    try:
        certificate = from_paste(lines)
    except NotACertificateError:
        return FAIL
    return (yield from _judge(session, trustpoint, certificate))


def _judge(session: Session, trustpoint: Trustpoint, certificate: Certificate) -> Dialogue:
    """What the router says to a certificate, and whether it asks."""
    personality = session.router.personality
    text = _remarks(session, trustpoint, certificate) + _attributes(certificate)
    wanted = trustpoint.fingerprint
    if wanted:
        if wanted != getattr(certificate, FINGERPRINT_DIGITS[len(wanted)]):
            return FINGERPRINT_MISSING if personality.demands_fingerprint else text + _fingerprint(wanted) + REJECTED
        text += _fingerprint(wanted) + "Certificate validated - fingerprints matched.\n"
        asks = personality.asks_even_with_fingerprint
    elif personality.demands_fingerprint:
        return FINGERPRINT_MISSING
    elif _anchored(session, certificate):
        text += "Certificate validated - Signed by existing trustpoint CA certificate.\n"
        asks = False
    elif _must_be_anchored(trustpoint, certificate):
        return FAIL
    else:
        asks = True
    if asks:
        if (yield from yes_no(text + "\n", ACCEPT_PROMPT)) == "no":
            return REJECTED
        text = ""
    install(session, trustpoint.name, certificate)
    return text + ACCEPTED


def _remarks(session: Session, trustpoint: Trustpoint, certificate: Certificate) -> str:
    if not certificate.is_ca:
        return NOT_A_CA.format(trustpoint.name)
    if not certificate.self_signed and not _anchored(session, certificate):
        return SUBORDINATE.format(trustpoint.name)
    return ""


def _anchored(session: Session, certificate: Certificate) -> bool:
    """A CA whose issuer is installed, and really signed it."""
    others = [tp.ca.certificate for tp in session.router.config.trustpoints.values() if tp.ca]
    return certificate.is_ca and not certificate.self_signed and any(certificate.signed_by(ca) for ca in others)


def _must_be_anchored(trustpoint: Trustpoint, certificate: Certificate) -> bool:
    return (
        certificate.is_ca
        and not certificate.self_signed
        and trustpoint.settings.get("chain-validation", "").startswith("chain-validation continue")
    )


def _attributes(certificate: Certificate) -> str:
    return (
        "Certificate has the following attributes:\n"
        f"       Fingerprint MD5: {grouped(certificate.md5)} \n"
        f"      Fingerprint SHA1: {grouped(certificate.sha1)} \n"
    )


def _fingerprint(digits: str) -> str:
    return f"Trustpoint Fingerprint: {grouped(digits)}\n"


def install(session: Session, name: str, certificate: Certificate) -> None:
    """Put a CA certificate under a trustpoint, and say so in the log."""
    router = session.router
    router.put(
        replace(router.config.trustpoints.get(name, Trustpoint(name)), ca=Installed(certificate, router.clock()))
    )
    details = (
        "A CA certificate has been installed under",
        f"Trustpoint   : {name}",
        f"Issuer-name  : {','.join(certificate.issuer)}",
        f"Subject-name : {','.join(certificate.subject)}",
        f"Serial-number: {certificate.serial}",
        f"End-date     : {certificate.x509.not_valid_after_utc:%Y-%m-%dT%H:%M:%SZ}",
    )
    router.log(6, "PKI", "CERT_INSTALL", ("\n" + " " * 22).join(details))
    advice = 'Configuration was modified.  Issue "write memory" to save new IOS PKI configuration'
    router.log(4, "PKI", "NOCONFIGAUTOSAVE", advice)


# -- certificate chain -------------------------------------------------------------------------------------------------


def chain(session: Session, args: Args) -> Result:
    if args["NAME"] not in session.router.config.trustpoints:
        return f"% Certificate server '{args['NAME']}' is not known\n"
    session.go(Mode("chain", "(config-cert-chain)#", args["NAME"]))
    return ""


def no_chain(session: Session, args: Args) -> Result:
    trustpoint = session.router.config.trustpoints.get(args["NAME"])
    if trustpoint is None:
        return f"% Certificate server '{args['NAME']}' is not known\n"
    return _empty(session, trustpoint) if trustpoint.ca or trustpoint.own else ""


def _empty(session: Session, trustpoint: Trustpoint) -> Dialogue:
    text = f"% This will remove all certificates for trustpoint {trustpoint.name}\n"
    if (yield from yes_no(text, SURE_PROMPT)) == "yes":
        session.router.put(replace(trustpoint, ca=None, own=None))
    return ""


def chain_certificate(session: Session, args: Args) -> Result:
    """`certificate [ca|self-signed] SERIAL`: hex lines until `quit`; the serial is read from the certificate itself."""
    if set(args["SERIAL"]) - set(hexdigits):
        raise InvalidError(at=0)
    return _hex_paste(session, ca="ca" in args)


def _hex_paste(session: Session, *, ca: bool) -> Dialogue:
    lines: list[str] = []
    prompt = configuration_prompt(session.router, "(config-pki-hexmode)#")
    while (line := (yield Ask("", prompt, "paste"))).strip() != "quit":
        lines.append(line)
    try:
        pasted = from_hex(lines)
    except NotACertificateError:
        return FAIL
    if ca:
        install(session, session.mode.subject, pasted)
    else:
        _own(session, pasted)
    return ""


def _own(session: Session, pasted: Certificate) -> None:
    router, name = session.router, session.mode.subject
    trustpoint = router.config.trustpoints.get(name, Trustpoint(name))
    router.put(replace(trustpoint, own=Installed(pasted, router.clock())))


def no_chain_certificate(session: Session, args: Args) -> Result:
    trustpoint, ca = session.router.config.trustpoints.get(session.mode.subject), "ca" in args
    held = trustpoint and (trustpoint.ca if ca else trustpoint.own)
    if trustpoint and held and int(held.certificate.serial, 16) == int(args["SERIAL"], 16):
        session.router.put(replace(trustpoint, ca=None) if ca else replace(trustpoint, own=None))
    return ""


CONFIG = (
    ("crypto pki trustpoint NAME", trustpoint),
    ("crypto pki authenticate NAME", authenticate),
    ("crypto pki certificate chain NAME", chain),
    ("no crypto pki trustpoint NAME", no_trustpoint),
    ("no crypto pki certificate chain NAME", no_chain),
)
SPELT_OUT = (
    "enrollment terminal [pem]",
    "enrollment selfsigned",
    "enrollment pkcs12",
    "enrollment url LINE",
    "enrollment profile NAME",
    "revocation-check none",
    "revocation-check LINE",
    "chain-validation stop",
    "chain-validation continue [NAME]",
    "serial-number [none]",
    "auto-enroll",
)
TRUSTPOINT = (
    *((f"{word} LINE", setting) for word in TRUSTPOINT_ORDER if word not in ("enrollment", "chain-validation")),
    *((row, setting) for row in SPELT_OUT),
    *((f"no {word} [LINE]", no_setting) for word in TRUSTPOINT_ORDER),
    *((f"default {word} [LINE]", no_setting) for word in TRUSTPOINT_ORDER),
)
ITEMS = ("certificate ca SERIAL", "certificate self-signed SERIAL", "certificate SERIAL")
CHAIN = (*((row, chain_certificate) for row in ITEMS), *((f"no {row}", no_chain_certificate) for row in ITEMS))
