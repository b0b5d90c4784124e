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
        "a character that IOS would break on",
        "change the value: one line of plain ASCII (no umlauts, no dashes of a word processor); "
        "a space, '\"', '?' or '$' cannot be sent",
    ),
    "MT104": _error(
        "an applet refers to a variable that is not set",
        "take a variable that the applet's own event sets, set the value in the mail data, or drop the reference",
    ),
    "MT105": _error("a configuration line is too long for IOS", "shorten subject, body or addresses"),
    "MT106": _warning("port 465 means implicit TLS, which EEM is not shown to speak", "use port 587 with STARTTLS"),
    "MT107": _warning(
        "a key of the inventory that nobody reads", "correct it, or remove it: Nornir ignores what it does not know"
    ),
    "MT108": _error("what the inventory says about a host cannot be used", "correct the named key, then check again"),
    "MT109": _warning(
        "a secret stands in clear in a file", "write a reference instead: env:, file:, cmd:, keyring:, vault: or sops:"
    ),
    "MT110": _error(
        "the inventory does not say how to log in to a host", "set hostname, username, and password or private key"
    ),
    "MT111": _warning(
        "an applet refers to a variable that its event is not known to set",
        "compare with `show event manager detector EVENT detailed` on a router: without the variable no mail is sent",
    ),
    "MT112": _warning(
        "an applet has an event that is not known", "correct its first word, unless a router of yours takes it"
    ),
    "MT113": _warning(
        "two applets have the same name but for capital letters",
        "rename one of them: whether IOS tells them apart is not proven",
    ),
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
    "MT207": _error(
        "a leaf certificate would be installed",
        "it ends within weeks and is nobody's issuer: use install: issuers, or confirm with --install-leaf",
    ),
    "MT208": _error(
        "a block of the trust file is no certificate that can be read",
        "get this certificate again from its source, or take the block out; routers of other providers need not wait",
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
        "a variable has another value, and something that is not ours uses it or may use it",
        "choose another prefix with mail.variables, change that applet or script first, or adopt our applet",
    ),
    "MT223": _note("an applet of ours was edited by hand", "it is put back; the text before is in before/<host>.json"),
    "MT224": _error(
        "the router does not understand the mail action", "this release has no 'port' and 'secure tls': upgrade it"
    ),
    "MT225": _error(
        "what would be replaced could not be put back as it is",
        "replace it by hand, or choose another name for ours: what cannot be typed again is not taken away",
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
    "MT311": _error(
        "the test mail has not arrived in time",
        "look at the mail server's queue and rules; when it is right, prove it with rollout --test all",
    ),
    "MT312": _error(
        "the mailbox cannot be read, so nobody knows whether the test mail has arrived",
        "correct 'mailbox' in providers.yaml, then prove it with rollout --test all",
    ),
    # 4xx: reaching and asking the router
    "MT401": _error("no connection to the router", "check address, route and the router itself, then run again"),
    "MT402": _error("the router refused the login", "check username and password (or key) of this host"),
    "MT403": _error(
        "the router's host key is not the known one",
        "find out why before anything else; when it is right: mailtrust hostkeys --replace HOST",
    ),
    "MT404": _error(
        "the router stopped answering, or in a way that cannot be understood",
        "look at the line that was heard last; run again; if it stays, raise burst_seconds",
    ),
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
    "MT417": _error(
        "the router's host key is not known", "look at it and pin it: `mailtrust hostkeys` with the same --limit"
    ),
    "MT418": _note(
        "the login of the inventory was refused, another one was used",
        "see why: the AAA server may be down, or the password may be old",
    ),
    "MT419": _warning(
        "two hosts of the inventory are the same address and port",
        "keep one of them: what changes routers refuses to work on both at once",
    ),
    "MT420": _warning(
        "the router has changed since the plan was approved", "look at a new plan, approve it, run again"
    ),
    "MT421": _note("what was done to this router has been taken back", "see the error beside this note"),
    "MT422": _error(
        "something has been changed since the run that is to be undone", "it is left alone: decide by hand"
    ),
    "MT423": _error("what was done to this router could not be taken back", "run `mailtrust rollback` for this run"),
    "MT424": _error(
        "an old value was not kept, because it may hold a password and there is no key",
        "set it by hand; with MAILTRUST_STATE_KEY the next run keeps such values encrypted",
    ),
    "MT425": _warning(
        "the router held unsaved changes of somebody else before",
        "save by hand, or run with --save-others to save all of it",
    ),
    "MT426": _error(
        "this login does not see the whole router",
        "use a login of privilege 15, outside of any parser view but root",
    ),
    "MT427": _error(
        "an answer of the router does not prove itself whole, so nothing was done upon it",
        "read the router's words: allow the command to this login, or wait until the router is less busy; run again",
    ),
    "MT430": _error(
        "the router is not in normal operation", "bring it out of this mode (see its prompt), then run again"
    ),
    "MT428": _error(
        "the router is another host of this run as well",
        "keep one of the two names in the inventory, or leave one out with --limit, then run again",
    ),
    "MT431": _warning(
        "the router cannot find the mail server by name", "set 'ip name-server', or 'ip host' for this one name"
    ),
    "MT432": _warning(
        "the interface that mails leave by is not up", "bring it up and give it an address, or name another one"
    ),
    "MT433": _warning(
        "the router has no default route", "make sure that a route leads to the mail server, in the VRF that mails use"
    ),
    "MT434": _warning(
        "nobody can tell whether the router holds unsaved changes of somebody else",
        "look by hand and save, allow the command to this login, or run with --save-others to save all of it",
    ),
    "MT435": _note(
        "the line was lost in the midst of the work, and the work was begun once more over a new one",
        "nothing has to be done; a line that is lost often deserves a look",
    ),
    "MT436": _note(
        "debugging that an earlier run had switched on and could not switch off is off again",
        "nothing has to be done",
    ),
    "MT437": _error(
        "the router has something that it did not show before, so nothing was taken back upon the first look",
        "see what the router holds, and run again: what was added so far is told beside this, and harms nothing",
    ),
    "MT438": _warning(
        "an earlier run has changed this router and was cut off before its proof",
        "nothing has to be done: if the mail fails, the way back leads to how the router was before that run",
    ),
    "MT439": _error(
        "something that was there only for the test could not be taken away again",
        "run again: the next run takes it away; or do it by hand",
    ),
    "MT440": _error(
        "how this router was before an unfinished run cannot be read, so nothing is done to it",
        "look at the named file; once the router is right, remove its entry in runs/unproven and run again",
    ),
    "MT441": _error(
        "somebody else is working on this router",
        "wait until that work is done and saved, then run again: nothing was done upon a look that is old",
    ),
    "MT499": _error("mailtrust itself failed", "this is our fault: please report it with the journal of this run"),
    # 50x: a provider's chain as it is presented
    "MT501": _error(
        "no known root vouches for the presented chain",
        "find out whose it is (the provider's pages, not this network); if it is right, add its root to the catalogue",
    ),
    "MT502": _warning(
        "the server does not send an intermediate",
        "the router needs that certificate itself as a trustpoint; tell the provider",
    ),
    "MT503": _warning(
        "the server sends its certificates out of order", "routers are not proven to sort them; tell the provider"
    ),
    "MT504": _note("the server sends a certificate twice", "harmless; tell the provider when convenient"),
    "MT505": _note("the server sends a root", "harmless; a router trusts it only if a trustpoint holds it"),
    "MT506": _note("a presented certificate is on no path", "harmless; it issued nothing that is presented"),
    "MT507": _error("no certificate was presented", "look where the connection stopped; nothing was judged"),
    # 51x: its dates
    "MT511": _error("a certificate of the chain has expired", "tell the provider: routers refuse it by their clock"),
    "MT512": _error("a certificate of the chain is not valid yet", "wait for that day, or check this machine's clock"),
    "MT513": _warning(
        "a certificate of the chain ends soon", "see that its successor is in the trust file before that day"
    ),
    "MT514": _warning(
        "Mozilla's schedule distrusts a root soon",
        "its providers will move to another root: see that this one is in the trust file before that day",
    ),
    "MT515": _note(
        "Mozilla's schedule distrusts a root already",
        "routers do not follow the schedule, providers do: expect the chain to change",
    ),
    # 52x: its strength, and whose it is
    "MT521": _warning("a signature of the chain uses a broken digest", "ask the provider for a chain of SHA-256"),
    "MT522": _warning("an RSA key of the chain is too short", "ask the provider for a chain of 2048 bits or more"),
    "MT523": _warning(
        "IOS XE is not proven to accept a key of the chain",
        "try it on one router before the fleet; prefer the provider's RSA hierarchy where there is one",
    ),
    "MT524": _error(
        "the certificate is for another host", "check 'server' in providers.yaml, and who answers at that address"
    ),
    # 53x: one look against another
    "MT531": _warning(
        "addresses of the provider need different anchors", "see that the trust file holds the anchors of all of them"
    ),
    "MT532": _note("addresses of the provider present different certificates", "harmless: their anchors are the same"),
    "MT533": _warning(
        "without SNI the server presents something else", "routers send no SNI: the look without it is what counts"
    ),
    # 54x: the reviewed trust file against what is presented
    "MT541": _error(
        "the trust file holds no anchor of a presented chain",
        "routers refuse this server: review the chain, then update the file with probe --update",
    ),
    "MT542": _warning("a wanted certificate is not in the trust file", "review it, then update with probe --update"),
    "MT543": _note(
        "a certificate of the trust file is on no path of this chain",
        "keep it while routers or other addresses may need it; retire it afterwards",
    ),
    # 55x: looking at the provider's server
    "MT551": _error(
        "no connection to the provider's mail server",
        "check its name and port, and this machine's way out (port 25 is often blocked); a router may see otherwise",
    ),
    "MT552": _error(
        "the server does not come to STARTTLS", "a router needs SMTP with STARTTLS, usually on port 587: check the port"
    ),
    "MT553": _error(
        "the server does not complete a router's TLS handshake",
        "it must take TLS 1.2 with one of a router's suites and P-256, P-384 or P-521: ask the provider",
    ),
    "MT554": _warning(
        "an address of the provider cannot be reached from here",
        "routers may be sent to it: look again from a place like theirs",
    ),
    "MT555": _note(
        "only a client that is not like a router is refused", "routers are not concerned: their own look succeeded"
    ),
    "MT556": _warning(
        "a router asked for an issuer that nobody here knows",
        "get its certificate from the CA's own pages and compare the SHA-256 told there: a root belongs into the "
        "catalogue, an intermediate into the trust file",
    ),
}


def finding(code: str, text: str) -> Finding:
    """The finding of that code, told for one case; ``text`` says what was seen, never a secret."""
    kind = KINDS[code]
    return Finding(code, kind.severity, text, kind.remedy)
