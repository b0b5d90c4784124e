"""`show crypto pki ...`: certificates and trustpoints, printed from the DER."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, tzinfo

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID

from lab.certificate import Certificate, grouped
from lab.configuration import Installed, Trustpoint
from lab.router import Router, date_text
from lab.session import Result, Session

Args = Mapping[str, str]

KEY_USAGES = (  # name on the router, attribute in cryptography, bit of the first byte
    ("Digital Signature", "digital_signature", 0x80),
    ("Non Repudiation", "content_commitment", 0x40),
    ("Key Encipherment", "key_encipherment", 0x20),
    ("Data Encipherment", "data_encipherment", 0x10),
    ("Key Agreement", "key_agreement", 0x08),
    ("Key Cert Sign", "key_cert_sign", 0x04),
    ("CRL Signature", "crl_sign", 0x02),
)
EXTENDED_USAGES = {
    ExtendedKeyUsageOID.CLIENT_AUTH: "Client Auth",
    ExtendedKeyUsageOID.SERVER_AUTH: "Server Auth",
    ExtendedKeyUsageOID.CODE_SIGNING: "Code Signing",
    ExtendedKeyUsageOID.EMAIL_PROTECTION: "Email Protection",
    ExtendedKeyUsageOID.TIME_STAMPING: "Time Stamping",
    ExtendedKeyUsageOID.OCSP_SIGNING: "OCSP Signing",
}
QUALIFIER_CPS = "1.3.6.1.5.5.7.2.1"
NANOSECONDS = 1_000_000_000


# -- certificates -------------------------------------------------------------------------------------------------


def certificates(session: Session, args: Args) -> Result:
    """`show crypto pki certificates [verbose] [NAME]`: one block a certificate, shared ones list all trustpoints."""
    router, name = session.router, args.get("NAME")
    if name and name not in router.config.trustpoints:
        return f"% Certificate Authority (trustpoint) '{name}' is unknown\n"
    shown: dict[Installed, list[Trustpoint]] = {}
    for trustpoint in router.config.trustpoints.values():
        for held in (trustpoint.own, trustpoint.ca):
            if held:
                same = next((other for other in shown if other.certificate == held.certificate), held)
                shown.setdefault(same, []).append(trustpoint)
    wanted = [each for each in shown.items() if not name or name in [user.name for user in each[1]]]
    return "\n".join(_text(_block(router, *each, verbose="verbose" in args)) for each in wanted)


def _text(lines: Iterable[str]) -> str:
    return "".join(f"{line}\n" for line in lines)


def _block(router: Router, installed: Installed, users: list[Trustpoint], *, verbose: bool) -> Iterator[str]:
    certificate, zone = installed.certificate, router.zone
    own = users[0].own == installed
    yield "Router Self-Signed Certificate" if own else "CA Certificate"
    yield "  Status: Available"
    if verbose:
        yield f"  Version: {certificate.x509.version.value + 1}"
    yield f"  Certificate Serial Number (hex): {certificate.serial}"
    yield f"  Certificate Usage: {_usage(certificate.x509)}"
    yield "  Issuer: "
    yield from (f"    {line}" for line in certificate.issuer)
    yield "  Subject: "
    yield from (f"    {line}" for line in certificate.subject)
    yield from _crl_points(certificate.x509)
    yield "  Validity Date: "
    yield f"    start date: {_date(certificate.x509.not_valid_before_utc, zone)}"
    yield f"    end   date: {_date(certificate.x509.not_valid_after_utc, zone)}"
    if verbose:
        yield from _key_and_extensions(certificate)
        yield from _installed(installed, zone)
    yield f"  Associated Trustpoints: {' '.join(user.name for user in users)} "
    if any(_saved(router, user) for user in users):
        yield f"  Storage: nvram:{certificate.own_file_name if own else certificate.file_name}"


def _saved(router: Router, trustpoint: Trustpoint) -> bool:
    saved = router.startup.trustpoints.get(trustpoint.name)
    return saved is not None and (saved.ca, saved.own) == (trustpoint.ca, trustpoint.own)


def _installed(installed: Installed, zone: tzinfo) -> Iterator[str]:
    yield f"  Cert install time: {date_text(installed.at.astimezone(zone))} "
    yield f"Cert install time in nsec: {int(installed.at.timestamp()) * NANOSECONDS + installed.at.microsecond * 1000}"


def _date(at: datetime, zone: tzinfo) -> str:
    return date_text(at.astimezone(zone))


def _extension(certificate: x509.Certificate, kind: type[x509.ExtensionType]) -> x509.ExtensionType | None:
    try:
        return certificate.extensions.get_extension_for_class(kind).value
    except x509.ExtensionNotFound:
        return None


def _usage(certificate: x509.Certificate) -> str:
    usage = _extension(certificate, x509.KeyUsage)
    signs_only = isinstance(usage, x509.KeyUsage) and not usage.key_encipherment
    return "Signature" if signs_only else "General Purpose"


def _crl_points(certificate: x509.Certificate) -> Iterator[str]:
    points = _extension(certificate, x509.CRLDistributionPoints)
    if isinstance(points, x509.CRLDistributionPoints):
        yield "  CRL Distribution Points: "
        yield from (f"    {name.value}" for point in points for name in point.full_name or ())


def _key_and_extensions(certificate: Certificate) -> Iterator[str]:
    yield "  Subject Key Info:"
    yield from _public_key(certificate.x509)
    yield f"  Signature Algorithm: {_signature(certificate.x509)}"
    yield f"  Fingerprint MD5: {grouped(certificate.md5)} "
    yield f"  Fingerprint SHA1: {grouped(certificate.sha1)} "
    yield "  X509v3 extensions:"
    for kind, lines in EXTENSIONS:
        extension = _extension(certificate.x509, kind)
        if extension is not None:
            yield from lines(extension)
        elif kind is x509.AuthorityInformationAccess:
            yield "    Authority Info Access:"


def _public_key(certificate: x509.Certificate) -> Iterator[str]:
    key = certificate.public_key()
    if isinstance(key, rsa.RSAPublicKey):
        yield "    Public Key Algorithm: rsaEncryption"
        yield f"    RSA Public Key: ({key.key_size} bit)"
    elif isinstance(key, ec.EllipticCurvePublicKey):
        yield "    Public Key Algorithm: ecEncryption"
        yield f"    EC Public Key: ({key.key_size} bit)"


def _signature(certificate: x509.Certificate) -> str:
    digest = certificate.signature_hash_algorithm
    if digest is None:
        return "Unknown"
    ecdsa = isinstance(certificate.signature_algorithm_parameters, ec.ECDSA)
    return f"{digest.name.upper()} with {'ECDSA' if ecdsa else 'RSA Encryption'}"


def _key_usage(extension: x509.ExtensionType) -> Iterator[str]:
    assert isinstance(extension, x509.KeyUsage)
    used = [(name, bit) for name, attribute, bit in KEY_USAGES if getattr(extension, attribute)]
    yield f"    X509v3 Key Usage: {sum(bit for _, bit in used) << 24:X}"
    yield from (f"      {name}" for name, _ in used)


def _subject_key(extension: x509.ExtensionType) -> Iterator[str]:
    assert isinstance(extension, x509.SubjectKeyIdentifier)
    yield f"    X509v3 Subject Key ID: {grouped(extension.digest.hex().upper())} "


def _constraints(extension: x509.ExtensionType) -> Iterator[str]:
    assert isinstance(extension, x509.BasicConstraints)
    yield "    X509v3 Basic Constraints:"
    yield f"        CA: {str(extension.ca).upper()}"


def _alternative_names(extension: x509.ExtensionType) -> Iterator[str]:
    assert isinstance(extension, x509.SubjectAlternativeName)
    yield "    X509v3 Subject Alternative Name:"
    yield from (f"        {name}" for name in extension.get_values_for_type(x509.DNSName))
    yield "        IP Address : " + ",".join(str(ip) for ip in extension.get_values_for_type(x509.IPAddress))
    yield "        OtherNames : "


def _authority_key(extension: x509.ExtensionType) -> Iterator[str]:
    assert isinstance(extension, x509.AuthorityKeyIdentifier)
    if extension.key_identifier:
        yield f"    X509v3 Authority Key ID: {grouped(extension.key_identifier.hex().upper())} "


def _authority_access(extension: x509.ExtensionType) -> Iterator[str]:
    assert isinstance(extension, x509.AuthorityInformationAccess)
    yield "    Authority Info Access:"
    kinds = {AuthorityInformationAccessOID.OCSP: "OCSP URL", AuthorityInformationAccessOID.CA_ISSUERS: "CA ISSUERS"}
    for kind, name in kinds.items():
        found = (access.access_location.value for access in extension if access.access_method == kind)
        yield from (f"        {name}: {location}" for location in found)


def _policies(extension: x509.ExtensionType) -> Iterator[str]:
    """Policies and extended usages come in the reverse of the DER's order, as names do."""
    assert isinstance(extension, x509.CertificatePolicies)
    yield "    X509v3 CertificatePolicies:"
    for policy in reversed(list(extension)):
        yield f"        Policy: {policy.policy_identifier.dotted_string}"
        for qualifier in policy.policy_qualifiers or ():
            if isinstance(qualifier, str):
                yield f"            Qualifier ID: {QUALIFIER_CPS}"
                yield f"            Qualifier Info: {qualifier}"


def _extended_usage(extension: x509.ExtensionType) -> Iterator[str]:
    assert isinstance(extension, x509.ExtendedKeyUsage)
    yield "    Extended Key Usage:"
    for usage in reversed(list(extension)):
        yield f"        {EXTENDED_USAGES.get(usage, usage.dotted_string)}"


EXTENSIONS = (
    (x509.KeyUsage, _key_usage),
    (x509.SubjectKeyIdentifier, _subject_key),
    (x509.BasicConstraints, _constraints),
    (x509.SubjectAlternativeName, _alternative_names),
    (x509.AuthorityKeyIdentifier, _authority_key),
    (x509.AuthorityInformationAccess, _authority_access),
    (x509.CertificatePolicies, _policies),
    (x509.ExtendedKeyUsage, _extended_usage),
)


# -- trustpoints --------------------------------------------------------------------------------------------------


def trustpoints(session: Session, args: Args) -> Result:
    """`show crypto pki trustpoints [NAME] [status]`."""
    known, name = session.router.config.trustpoints, args.get("NAME")
    if name and name not in known:
        return f"% Certificate Authority (trustpoint) '{name}' is unknown\n"
    layout = _status if "status" in args else _summary
    return "".join(_text(layout(known[key])) + "\n\n" for key in ([name] if name else known))


def _summary(trustpoint: Trustpoint) -> Iterator[str]:
    yield f"Trustpoint {trustpoint.name}:"
    held = trustpoint.ca or trustpoint.own
    if held:
        yield "    Subject Name:"
        yield from (f"    {line}" for line in held.certificate.subject)
        yield f"          Serial Number (hex): {held.certificate.serial}"
    if trustpoint.ca:
        yield "    Certificate configured."
    if trustpoint.own:
        yield "    Persistent self-signed certificate trust point"
        yield f"    Using key label {trustpoint.name}"


def _status(trustpoint: Trustpoint) -> Iterator[str]:
    yield f"Trustpoint {trustpoint.name}:"
    held, own = trustpoint.ca or trustpoint.own, trustpoint.own
    if held:
        yield from _configured("Issuing CA certificate", held.certificate)
    if own:
        yield from _configured("Router General Purpose certificate", own.certificate)
    yield "  State:"
    yield f"    Keys generated ............. {'Yes (General Purpose, non-exportable)' if own else 'No'}"
    yield f"    Issuing CA authenticated ....... {'Yes' if held else 'No'}"
    yield f"    Certificate request(s) ..... {'Yes' if own else 'None'}"


def _configured(what: str, certificate: Certificate) -> Iterator[str]:
    yield f"  {what} configured:"
    yield "    Subject Name:"
    yield f"     {','.join(certificate.subject)}"
    yield f"    Fingerprint MD5: {grouped(certificate.md5)} "
    yield f"    Fingerprint SHA1: {grouped(certificate.sha1)} "


EXEC = (
    ("show crypto pki certificates [verbose] [NAME]", certificates),
    ("show crypto pki trustpoints [NAME] [status]", trustpoints),
)
