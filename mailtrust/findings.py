"""What can be found, in one table: a stable code, how bad it is, and what to do about it.

Each code has a page docs/findings/<code>.md with cause, proof and cure.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "warning", "note"]


@dataclass(frozen=True, slots=True)
class Finding:
    """Something a person should know about one host (or about a file that many hosts use)."""

    code: str
    severity: Severity
    text: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Kind:
    severity: Severity
    title: str
    remedy: str


def _error(title: str, remedy: str) -> Kind:
    return Kind("error", title, remedy)


def _warning(title: str, remedy: str) -> Kind:
    return Kind("warning", title, remedy)


def _note(title: str, remedy: str) -> Kind:
    return Kind("note", title, remedy)


KINDS: Mapping[str, Kind] = {
    # 1xx: what the inventory asks for
    "MT101": _error(
        "'@' in the login (CSCwe75439)",
        "IOS splits the server string at the first '@': use a provider with a plain login, a relay that trusts the "
        "router's address (omit login and password), or a relay of your own with short logins",
    ),
    "MT102": _error("From is not the account's address", "set mail.sender to the address of the login"),
    "MT103": _error(
        "a character that IOS would break on", "change the value; a space, '\"', '?' or '$' cannot be sent"
    ),
    "MT104": _error(
        "an applet refers to a variable that is not set", "set the value in the mail data, or drop the reference"
    ),
    "MT105": _error("a configuration line is too long for IOS", "shorten subject, body or addresses"),
    "MT106": _warning("port 465 means implicit TLS, which EEM is not shown to speak", "use port 587 with STARTTLS"),
    # 20x: the reviewed trust file
    "MT201": _warning(
        "a certificate in the trust file is not a CA", "remove the leaf: install its issuers, they outlive it"
    ),
    "MT202": _warning("a certificate in the trust file has expired", "remove it, or replace it by its successor"),
    "MT203": _note("a certificate stands twice in the trust file", "remove the copy; it was ignored"),
    "MT204": _error("the trust file gives nothing to install", "add the CA certificates of the provider's chain"),
    "MT205": _warning("a certificate in the trust file ends soon", "plan a rotation before that day"),
    "MT206": _warning(
        "a certificate in the trust file is not valid yet", "wait for that day, or check this machine's clock"
    ),
    # 21x: trustpoints on the router
    "MT211": _error(
        "the router printed another fingerprint than the wanted one",
        "the paste was damaged or changed on its way; 'no' was answered and the empty trustpoint removed: try again",
    ),
    "MT212": _error("the router rejected the certificate", "read the router's words in the transcript of this host"),
    "MT213": _error(
        "a trustpoint of the wanted name holds something else",
        "look who made it; rename or remove it by hand, then run again",
    ),
    "MT214": _error(
        "the router does not hold what was sent to it", "compare plan and transcript; run again or report this"
    ),
    "MT215": _warning(
        "a trustpoint that is not ours serves, but may refuse the server",
        "give it 'revocation-check none' and 'chain-validation stop', or remove it and run again",
    ),
    "MT216": _warning(
        "a trustpoint holds a leaf certificate", "it is nobody's issuer and helps no mail; remove it when convenient"
    ),
    "MT217": _note(
        "a trustpoint of ours is not wanted any more", "harmless; it can be retired after the new trust is proven"
    ),
    # 22x: applets and variables on the router
    "MT221": _error(
        "an applet of that name is somebody's", "rename ours in applets.yaml, or adopt it with --adopt or adopt: true"
    ),
    "MT222": _error(
        "a variable has another value and an applet that is not ours uses it",
        "choose another prefix with mail.variables, or change that applet first",
    ),
    "MT223": _note("an applet of ours was edited by hand", "it is put back; the text before is in before/<host>.json"),
    "MT224": _error(
        "the router does not understand the mail action", "this release has no 'port' and 'secure tls': upgrade it"
    ),
    # 3xx: the test mail
    "MT301": _error(
        "the router trusts no issuer of the provider's chain", "add the issuer's certificate to the trust file"
    ),
    "MT302": _error(
        "no connection to the mail server",
        "check route, access lists and port from the router; the certificates were not judged",
    ),
    "MT303": _error("the mail server refused", "check login, password, sender and recipient with the provider"),
    "MT304": _error(
        "the mail server did not answer in time", "check 'ip name-server', route and access lists on the router"
    ),
    "MT305": _error(
        "the applet used a variable that the router does not know", "run again; if it stays, look who removes it"
    ),
    "MT306": _error("the test applet did not come to its end", "look at the log; the server may be slower than maxrun"),
    "MT307": _error(
        "the log shows no sign of the test applet", "enable 'logging buffered informational' and run again"
    ),
    "MT308": _error("the conversation with the mail server broke off", "try again; then look at the path's firewalls"),
    "MT309": _error("the router would not run the test applet", "read the router's words; EEM may be disabled"),
    "MT310": _error(
        "the certificate check failed for another reason than a missing issuer", "probe the provider's chain"
    ),
    # 4xx: reaching and asking the router
    "MT401": _error("no connection to the router", "check address, route and the router itself, then run again"),
    "MT402": _error("the router refused the login", "check username and password (or key) of this host"),
    "MT403": _error(
        "the router's host key is not the known one", "find out why before anything else; then renew known_hosts"
    ),
    "MT404": _error("the router stopped answering", "run again; if it stays, raise the deadline or look at the line"),
    "MT405": _error("the connection was lost", "run again: what is already done is kept"),
    "MT406": _error("the router refused the enable secret", "set auth_secondary in connection_options.scrapli.extras"),
    "MT407": _error("somebody holds the configuration lock", "wait until that session ends, then run again"),
    "MT408": _error("the router refused a line", "read the router's words in the transcript of this host"),
    "MT409": _error("this is not Cisco IOS XE", "take the host out of the inventory's mail data"),
    "MT410": _error(
        "the router runs in Controller mode", "its configuration belongs to the SD-WAN manager: use a template there"
    ),
    "MT411": _error("the router's clock is wrong", "set NTP; certificates are judged by the router's own clock"),
    "MT412": _warning(
        "the router's clock is not synchronised", "set NTP; a wrong date would invalidate every certificate"
    ),
    "MT413": _error(
        "this image has no Embedded Event Manager", "no applet can run here: use another image or another router"
    ),
    "MT414": _error(
        "the router did not save its configuration", "everything works now but is lost at a reload: save by hand"
    ),
    "MT415": _warning(
        "the running configuration is right and has not been saved", "run rollout: it tests and saves it"
    ),
    "MT416": _error("an answer of the router cannot be read", "please report it with the transcript of this host"),
    "MT499": _error("mailtrust itself failed", "this is our fault: please report it with the journal of this run"),
}


def finding(code: str, text: str) -> Finding:
    """The finding of that code, told for one case; ``text`` says what was seen, never a secret."""
    kind = KINDS[code]
    return Finding(code, kind.severity, text, kind.remedy)
