"""Log and debug text of a router -> what happened to its mail.

IOS XE writes nothing when a mail was sent; a failure leaves ``%HA_EM-3-FMPD_...``. So the test applet brackets its mail
with two markers, and the verdict is about what stands between them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from mailtrust.applet import TEST_APPLET, marker
from mailtrust.findings import Finding, finding

# --- the verdict ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Verdict:
    """``running``: begun, neither ended nor failed so far; ``unseen``: the log shows no beginning."""

    state: Literal["sent", "failed", "running", "unseen"]
    findings: tuple[Finding, ...]


_FAILURE = re.compile(r"%HA_EM-\d-FMPD_(SMTP|ERROR|UNKNOWN_ENV): (.*)")
# Whatever else EEM complains of while the test runs: not knowing what it means is no proof of a mail.
_UNKNOWN = re.compile(r"%(HA_EM-[0-4]-(?!LOG\b|FMPD_(?:SMTP|ERROR|UNKNOWN_ENV): )\w+)")
_APPLET = re.compile(r"\bapplet (\S+)")
_SMTP = re.compile(r"Error occurred when sending mail to SMTP server: *(?P<server>.*) : *(?P<reason>.*?) *")
_BUFFER = re.compile(r"Buffer logging: *(.*?),? *$", re.MULTILINE)
_REASONS: Mapping[str, str] = {
    "error in connecting to smtp server": "MT302",
    "error in reply from smtp server": "MT303",
    "timeout error": "MT304",
    "error in reading from smtp server": "MT308",
    "error in writing to smtp server": "MT308",
    "error in disconnecting from smtp server": "MT308",
}


def verdict(log: str, run_id: str) -> Verdict:
    """What the log says about the last run of the test applet with this id.

    A mail error of another applet between the markers counts as well, since the router does not say whose it is: a
    false alarm is better than a false pass.
    """
    begins = list(_marked("BEGIN", run_id).finditer(log))
    if not begins:
        return Verdict("unseen", (_unseen(log, run_id),))
    after = log[begins[-1].end() :]
    end = _marked("END", run_id).search(after)
    if failures := _failures(after[: end.start()] if end else after):
        return Verdict("failed", failures)
    return Verdict("sent" if end else "running", ())


def unfinished() -> Finding:
    """For a run that is still ``running`` when the patience is over."""
    return finding("MT306", "the log shows the beginning of the test applet, but neither its end nor an error")


def _marked(word: str, run_id: str) -> re.Pattern[str]:
    """Only as the applet logs it: a log of typed commands holds the marker too."""
    return re.compile(rf"%HA_EM-\d-LOG: {TEST_APPLET} ?: *{re.escape(marker(word, run_id))}(?!\S)")


def _unseen(log: str, run_id: str) -> Finding:
    buffer = _BUFFER.search(log)
    said = f"'Buffer logging: {buffer[1]}'" if buffer else "nothing of 'Buffer logging:'"
    lost = "only the end of the test is left in the log" if _marked("END", run_id).search(log) else "no marker is there"
    return finding("MT307", f"{lost}; show logging says {said}")


def _failures(between: str) -> tuple[Finding, ...]:
    """One finding for each cause; the FMPD_ERROR that follows a mail error adds nothing to it."""
    lines = [match.groups() for match in _FAILURE.finditer(between)]
    causes = [_mail_error(text) for kind, text in lines if kind == "SMTP"]
    causes += [finding("MT305", f"the router says: {text.strip()}") for kind, text in lines if kind == "UNKNOWN_ENV"]
    stops = [text.strip() for kind, text in lines if kind == "ERROR" and not _of_another(text)]
    causes += [finding("MT309", f"the router says: {text}") for text in stops if not causes]
    others = [] if causes else _UNKNOWN.findall(between)
    causes += [finding("MT308", f"the router says {mnemonic}, which is not known") for mnemonic in others]
    return tuple(dict.fromkeys(causes))


def _of_another(text: str) -> bool:
    """Whether the message names an applet that is not the test's."""
    named = _APPLET.search(text)
    return named is not None and named[1] != TEST_APPLET


def _mail_error(text: str) -> Finding:
    """The server string holds the password: only what follows its last '@' is repeated."""
    match = _SMTP.fullmatch(text.strip())
    if match is None:
        return finding("MT308", "the router reports a mail error in words that are not known")
    reason, server = match["reason"], match["server"].rpartition("@")[2]
    return finding(_REASONS.get(reason.lower(), "MT309"), f"{server}: {reason}")


# --- why TLS failed, from 'debug crypto pki' -----------------------------------------------------------------------

_STAMP = r"[*.]?[A-Z][a-z]{2} +\d+ \d\d:\d\d:\d\d\.\d{3}(?: \S+)?: ?"
_BROKEN_STAMP = re.compile(r"([*.]?[A-Z][a-z]{2} +\d+ [\d:.]*)\r?\n#?(?=[\d:.]+: )")
_OWN_CHAIN = re.compile(
    r"Begin local cert chain retrieval\.(?:(?!Begin local cert chain).)*?Done with local cert chain fetch", re.DOTALL
)
_LOOKUP = re.compile(r'CRYPTO_PKI\(Cert Lookup\) issuer="([^"]*)" serial number=((?:[ \t]+[0-9A-Fa-f]{2}\b)*)')
_NO_TRUSTPOINT = "No suitable trustpoints found"
_JUDGEMENT = re.compile(rf"{_NO_TRUSTPOINT}|Certificate verification (?:has failed|is successful)")


def lookups(debug_log: str) -> tuple[tuple[str, str], ...]:
    """Which certificates the router looked for in the presented chain: (issuer, serial in hex), each once.

    Each is a certificate that the server presented, named by its issuer and serial; the router's own is left out.
    """
    return tuple(dict.fromkeys(_lookup(match) for match in _LOOKUP.finditer(_mended(debug_log))))


def missing_issuer(debug_log: str) -> tuple[Finding, ...]:
    """Why the last certificate check of the log failed; () when it did not, or when there was none."""
    log = _mended(debug_log)
    judgements = list(_JUDGEMENT.finditer(log))
    if not judgements or judgements[-1][0].endswith("successful"):
        return ()
    at = len(judgements) - 1 if judgements[-1][0] == _NO_TRUSTPOINT else len(judgements) - 2
    if at < 0 or judgements[at][0] != _NO_TRUSTPOINT:
        return (_other_reason(),)
    since = judgements[at - 1].end() if at else 0
    asked = [_lookup(match) for match in _LOOKUP.finditer(log, since, judgements[at].start())]
    if not asked:
        return (_other_reason(),)
    issuer, serial = asked[-1]
    return (finding("MT301", f"no trustpoint holds the issuer '{issuer}' (of the presented certificate {serial})"),)


def _other_reason() -> Finding:
    return finding("MT310", "the router says: Certificate verification has failed")


def _lookup(match: re.Match[str]) -> tuple[str, str]:
    return re.sub(r"\s+", " ", match[1]), "".join(match[2].split()).upper()


def _mended(log: str) -> str:
    """The log without the router's own certificate, and with messages whole that a time stamp was broken into."""
    whole = _BROKEN_STAMP.sub(r"\1", log)
    joined = re.sub(rf'("[^"\n]*)\r?\n(?:{_STAMP})?(?=[^"\n]*" serial number=)', r"\1", whole)
    return _OWN_CHAIN.sub("", joined)
