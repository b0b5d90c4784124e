"""No secret leaves this product."""

from __future__ import annotations

import base64
import json
import logging
import re
import time
import urllib.parse
from io import StringIO
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from mailtrust.redact import RedactingFilter, Redactor
from mailtrust.secret import Secret

KNOWN = Redactor([Secret("s3cr3t/pa+ss"), Secret("longer-s3cr3t/pa+ss"), Secret("abc")])
NOTHING = Redactor([])


# --- what is known -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("the password s3cr3t/pa+ss!", "the password ***!"),
        ("longer-s3cr3t/pa+ss", "***"),
        ("s3cr3t/pa+sss3cr3t/pa+ss", "******"),
        ("a s3cr3t\n/pa+ss b", "a *** b"),
        ("a s3cr3t/pa\r\n+ss b", "a *** b"),
        ("a s3cr3t/pa\n+s\ns b", "a *** b"),
        ("a s3cr3t\n\n/pa+ss b", "a s3cr3t\n\n/pa+ss b"),
        ("https://x/?p=s3cr3t%2Fpa%2Bss&q", "https://x/?p=***&q"),
        ("AUTH LOGIN " + base64.b64encode(b"s3cr3t/pa+ss").decode(), "AUTH LOGIN ***"),
        ("AUTH PLAIN " + base64.b64encode(b"\0alerts\0s3cr3t/pa+ss").decode(), "AUTH PLAIN ***"),
        ("AUTH PLAIN " + base64.b64encode(b"\0alert\0s3cr3t/pa+ss").decode() + "\n", "AUTH PLAIN ***\n"),
        ("alphabet abc abcde", "alphabet abc abcde"),
        ("server u:abc@h", "server u:***@h"),
        ("nothing to hide", "nothing to hide"),
        ("", ""),
    ],
)
def test_a_known_secret_is_hidden(text: str, expected: str) -> None:
    """In clear, cut by line ends, in base64 with any user before it, and as a URL; a short one only as a password."""
    assert KNOWN.redact(text) == expected


SECRETS = st.text(min_size=4, max_size=40)


@given(
    secrets=st.lists(SECRETS, min_size=1, max_size=4),
    pieces=st.lists(st.text(max_size=20), min_size=2, max_size=6),
    data=st.data(),
)
def test_no_secret_survives(secrets: list[str], pieces: list[str], data: st.DataObject) -> None:
    """Whatever the secrets and the text around them, none can be read afterwards, and a second time changes nothing."""
    text = "".join(piece + data.draw(st.sampled_from(secrets)) for piece in pieces)
    redactor = Redactor([Secret(secret) for secret in secrets])
    clean = redactor.redact(text)
    assert not [secret for secret in secrets if secret in clean]
    assert redactor.redact(clean) == clean


@given(secret=SECRETS, user=st.text(max_size=10), data=st.data())
def test_no_spelling_survives(secret: str, user: str, data: st.DataObject) -> None:
    """Nor in base64 behind any user, as a URL, as JSON, as a Python literal, or wrapped at any column."""
    plain = base64.b64encode(f"\0{user}\0{secret}".encode()).decode()
    spellings = [plain, urllib.parse.quote(secret, safe=""), json.dumps(secret)[1:-1], repr(secret)[1:-1]]
    width = data.draw(st.integers(1, 80))
    wrapped = "\n".join(secret[at : at + width] for at in range(0, len(secret), width))
    clean = Redactor([Secret(secret)]).redact("\n | \n".join([*spellings, wrapped]))
    assert not [spelling for spelling in [*spellings, wrapped] if spelling in clean]


@given(st.text(max_size=80))
def test_redacting_is_idempotent(text: str) -> None:
    """A text that has been redacted once is left alone, with and without known secrets."""
    for redactor in (NOTHING, KNOWN):
        assert redactor.redact(redactor.redact(text)) == redactor.redact(text)


@pytest.mark.parametrize("secret", ["p@ss w@rd", "a:b c@d e", "key 7 x address y", "x': 'y", "it is; +password"])
def test_the_grammar_leaves_no_piece_of_a_known_secret(secret: str) -> None:
    """A secret that reads like a command, or like a server string, goes as a whole."""
    redactor = Redactor([Secret(secret)])
    for place in (
        "sent alerts:{}@smtp.x.org",
        "enable secret {}",
        "'password {}': % Invalid",
        "note: {} stays",
        "a {}",
    ):
        assert redactor.redact(place.format(secret)) == redactor.redact(place.format("***")), place


def test_a_redactor_shows_nothing() -> None:
    """It compares by value, takes any iterable once, and its own text form has no secret."""
    assert Redactor(Secret(text) for text in ("wxyz", "s3cr3t")) == Redactor([Secret("s3cr3t"), Secret("wxyz")])
    assert "s3cr3t" not in repr(KNOWN)
    assert Redactor(iter([Secret("s3cr3t")])).redact("s3cr3t") == "***"


def test_many_secrets_cost_little() -> None:
    """A thousand secrets and a long transcript are redacted, and only what is secret is touched."""
    many = Redactor([Secret(f"password-number-{number}") for number in range(1000)])
    text = "show running-config\n" * 2000
    assert many.redact(f"{text}password-number-999\n") == f"{text}***\n"


# --- what nobody told us -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("event manager environment _s bob:geheim@smtp.x.org", "event manager environment _s bob:***@smtp.x.org"),
        ("event manager environment _s bob:ge heim@smtp.x.org ", "event manager environment _s bob:***@smtp.x.org "),
        (
            "r1(config)#event manager environment _s b:ge@he@im@h\r\nx",
            "r1(config)#event manager environment _s b:***@h\r\nx",
        ),
        ('event manager environment _s bob:ge"heim@h', "event manager environment _s bob:***@h"),
        ("event manager environment _s a@My.Dom:geheim@h", "event manager environment _s a@My.Dom:***@h"),
        ('action 1 mail server "bob:ge heim@h" to "a@b"', 'action 1 mail server "bob:***@h" to "a@b"'),
        (
            "%HA_EM-3-FMPD_SMTP: Error occurred when sending mail to SMTP server: bob:geheim@h : timeout error",
            "%HA_EM-3-FMPD_SMTP: Error occurred when sending mail to SMTP server: bob:***@h : timeout error",
        ),
        ("SMTP server: bob:ge : heim@h : timeout error", "SMTP server: bob:***@h : timeout error"),
        ("SMTP server: 10.3.3.3 : timeout error", "SMTP server: 10.3.3.3 : timeout error"),
        (
            "1    _email_server                 bob:geheim@h          ",
            "1    _email_server                 bob:***@h          ",
        ),
        ("2    _email_server                 bob:ge heim@h", "2    _email_server                 bob:***@h"),
        ("_email_server: bob:geheim@h", "_email_server: bob:***@h"),
        ('{"text": "bob:geheim@h"}', '{"text": "bob:***@h"}'),
        ("server='bob:geheim@h'", "server='bob:***@h'"),
        ("https://bob:geheim@h/path", "https://bob:***@h/path"),
        ("username admin privilege 15 secret 9 $9$geheim", "username admin privilege 15 secret 9 ***"),
        ("r1(config)#username admin password geheim", "r1(config)#username admin password ***"),
        ("enable secret geheim", "enable secret ***"),
        (" password 7 094F471A1A0A", " password 7 ***"),
        ("r1(config-line)#password geheim\r\n", "r1(config-line)#password ***\r\n"),
        (" key 7 094F471A1A0A", " key 7 ***"),
        (" key geheim", " key ***"),
        ("tacacs-server host 10.0.0.1 key geheim", "tacacs-server host 10.0.0.1 key ***"),
        ("radius-server key 7 094F", "radius-server key 7 ***"),
        (" key-string 7 0822455D", " key-string 7 ***"),
        ("crypto isakmp key geheim address 10.0.0.1", "crypto isakmp key *** address 10.0.0.1"),
        (" pre-shared-key geheim", " pre-shared-key ***"),
        ("snmp-server community geheim RO 99", "snmp-server community *** RO 99"),
        (" community geheim", " community ***"),
    ],
)
def test_passwords_of_others_are_hidden(text: str, expected: str) -> None:
    """Server strings wherever IOS prints them, whatever their password holds, and IOS's own secrets."""
    assert NOTHING.redact(text) == expected
    assert NOTHING.redact(f"before\n{text}\nafter") == f"before\n{expected}\nafter"


@pytest.mark.parametrize(
    "text",
    [
        "*Mar 16 03:28:50.673: CRYPTO_OPSSL: Allocated the memory for OPSSLContext",
        "alerts@example.com writes to noc@example.com: all is well",
        "hosts.yaml:12: r1.mail.sender: expected an e-mail address, got 'a@b@c'",
        "event manager environment _email_to noc@example.com",
        "event manager environment _cron_entry 0-59/2 0-23/1 * * 0-7",
        "the router refused the enable secret; check the password and the key of this host",
        "key chain EIGRP",
        "crypto key generate rsa modulus 2048",
        "http://tools.cisco.com/ ssh://r1:22 scp: 1:2:3",
        "  30820321 30820209 A0030201 02020101 300D0609 2A864886 F70D0101 0B050030 ",
        "-----BEGIN CERTIFICATE-----\nMIIDdTCCAl2gAwIBAgILBAAAAAABFUtaw5QwDQYJKoZIhvcNAQEFBQAw\n",
    ],
)
def test_everything_else_stays(text: str) -> None:
    """Times, addresses, configuration and prose are not touched."""
    assert NOTHING.redact(text) == text


@given(
    user=st.text(
        st.characters(codec="ascii", min_codepoint=33, exclude_characters="\"@:/=(<'\x7f"), min_size=1, max_size=12
    ),
    password=st.text(
        st.characters(codec="ascii", min_codepoint=33, exclude_characters='"@\x7f'), min_size=1, max_size=20
    ),
    place=st.sampled_from(
        [
            "event manager environment _e {}",
            'action 1 mail server "{}" to',
            "x SMTP server: {} : timeout error",
            "1    _e      {}   ",
            "seen {} there",
        ]
    ),
)
def test_no_foreign_password_survives(user: str, password: str, place: str) -> None:
    """Whatever user and password stand in a server string, the password goes and user and host stay."""
    assume("***" not in password)
    assume(user.lower() not in {"mailto", "sip", "sips", "tel", "xmpp"} and not password.startswith("//"))
    text = place.format(f"{user}:{password}@smtp.x.org")
    assert NOTHING.redact(text) == place.format(f"{user}:***@smtp.x.org")


def test_the_seed_keeps_no_password(shared: Path) -> None:
    """The seed's own logs lose the password and nothing else."""
    log = (shared / "transcripts/seed/debug_fail_bad_certificate.log").read_text()
    assert NOTHING.redact(log) == log.replace("username:password@", "username:***@")
    log = (shared / "transcripts/seed/debug_success.log").read_text()
    assert NOTHING.redact(log) == log


def test_recorded_output_is_not_spoilt(shared: Path) -> None:
    """Real output without server strings goes through unchanged, certificates above all."""
    for path in (shared / "transcripts").glob("show-crypto*/*.txt"):
        assert NOTHING.redact(path.read_text()) == path.read_text()


# --- the grammar of IOS: one folder a group of commands in tests/cases/redact -------------------------------------

CASES = Path(__file__).resolve().parents[1] / "cases/redact"
PLANTED = re.compile(r"S3CRET\d\d")


def text(case: str, name: str) -> str:
    return (CASES / case / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("case", sorted(path.name for path in CASES.iterdir()))
def test_case(case: str) -> None:
    """Secrets go, what stands around them stays; a second time, and with other ends of lines, nothing is different."""
    given, expected = text(case, "input.txt"), text(case, "expected.txt")
    assert PLANTED.findall(expected) == []
    assert NOTHING.redact(given) == expected
    assert NOTHING.redact(expected) == expected
    assert NOTHING.redact(given.replace("\n", "\r\n")) == expected.replace("\n", "\r\n")


def test_what_holds_no_secret_stays() -> None:
    """Harmless lines are as many as they should be, and each stays as it is also when it stands alone."""
    lines = text("harmless", "input.txt").splitlines()
    assert len(lines) > 200
    assert text("harmless", "expected.txt").splitlines() == lines
    assert [line for line in lines if NOTHING.redact(line) != line] == []


COMMANDS = sorted(
    {
        line
        for path in CASES.iterdir()
        if path.name not in {"harmless", "eem", "logs-and-shows", "sentences-and-diffs", "pass-phrases"}
        for line in text(path.name, "input.txt").splitlines()
        if PLANTED.search(line) and line.strip()[0].isalpha() and "#" not in line and not line[:4].isupper()
    }
)
"""Lines of a configuration, each with a secret or two."""


@pytest.mark.parametrize(
    "around",
    [
        "{}",
        "+{}",
        " -{}",
        "    {}",
        "\t{}",
        "R1(config-if)#{}",
        "R1(config)# {}",
        " no {}",
        "{}   ",
        "'{}': % Invalid input detected at '^' marker.",
        "MT224 the router refused '{}' with % Invalid input",
        'the router refused "{}": % Invalid input',
        "R1: `{}` failed",
        "interface Tunnel1: +{}; router bgp 1: -{}",
        "+{}; -{}; +interface Loopback0",
        "%PARSER-5-CFGLOG_LOGGEDCMD: User:admin  logged command:{}",
        "%HA_EM-6-LOG: X : DEBUG(cli_lib) : : IN  : R1(config)#{}",
        "    1     1       admin@vty0     |  {}",
        ' action 1.0 cli command "{}"',
    ],
)
def test_a_command_may_stand_anywhere(around: str) -> None:
    """Behind a prompt, in a diff, quoted in a finding, joined to others, in the log, in an applet."""
    assert len(COMMANDS) > 500
    found = [clean for line in COMMANDS if PLANTED.search(clean := NOTHING.redact(around.replace("{}", line.strip())))]
    assert found == []


def test_what_stands_behind_a_quoted_command_stays() -> None:
    """The router's own words and the next command can still be read."""
    for line in COMMANDS:
        assert NOTHING.redact(f"'{line.strip()}': % Invalid input").endswith("': % Invalid input"), line
        assert "; router bgp 1: +" in NOTHING.redact(f"interface X: +{line.strip()}; router bgp 1: +no shutdown"), line


SECRET_WORDS = st.one_of(
    st.sampled_from(["hunter", "zebra", "Geheim", "swordfish", "12345678", "$9$abc$def", "0822455D0A16", "x=y", "a;b"]),
    st.builds(
        lambda first, rest: f"{first}s3{rest}",
        st.text(st.characters(codec="ascii", min_codepoint=65, categories=["Lu", "Ll"]), min_size=1, max_size=3),
        st.text(st.characters(codec="ascii", min_codepoint=33, exclude_characters="\x7f\"'`@:/"), max_size=16),
    ),
)


@given(
    line=st.sampled_from(COMMANDS), secret=SECRET_WORDS, around=st.sampled_from(["{}", " +{}", "R1(config)#{}", "'{}'"])
)
def test_no_secret_of_a_command_survives(line: str, secret: str, around: str) -> None:
    """Whatever it consists of, and whatever is printed around it."""
    assume(not secret.rstrip(":;,.)]}").endswith("***"))
    clean = NOTHING.redact(around.replace("{}", PLANTED.sub(lambda _: secret, line)))
    assert secret not in clean
    assert NOTHING.redact(clean) == clean


@given(st.lists(st.sampled_from([*COMMANDS, "***", "of the", "'", '"', ";", ": +", "x:y", "u:p@h", "#"]), max_size=6))
def test_redacting_commands_is_idempotent(pieces: list[str]) -> None:
    """Also where commands, signs and words meet as they never should."""
    clean = NOTHING.redact(" ".join(pieces))
    assert NOTHING.redact(clean) == clean


DASHES = "-" * 5
KEY = f"{DASHES}BEGIN RSA PRIVATE KEY{DASHES}\nProc-Type: 4,ENCRYPTED\nDEK-Info: DES-EDE3-CBC,0A\n\n" + "\n".join(
    ["AAAAS3CRET01AAAAAAAAAAAAAAAAAAAA"] * 3 + ["S3CRET02="]
)
KEY_END = f"\n{DASHES}END RSA PRIVATE KEY{DASHES}"


@pytest.mark.parametrize(
    ("given_text", "expected"),
    [
        (f"before\n{KEY}{KEY_END}\nafter", "before\n***\nafter"),
        (f"{KEY}{KEY_END}".replace("\n", "\r\n"), "***"),
        (f"{KEY}{KEY_END}".replace("\n", "\\n"), "***"),
        (f"{KEY}\n\nR1#show clock\n", "***\n\nR1#show clock\n"),
        (f"{KEY}{KEY_END}\n{KEY}{KEY_END}", "***\n***"),
        (f"{DASHES}BEGIN CERTIFICATE{DASHES}\nMIIDdTCC\n", f"{DASHES}BEGIN CERTIFICATE{DASHES}\nMIIDdTCC\n"),
    ],
)
def test_private_keys_are_hidden_whole(given_text: str, expected: str) -> None:
    """With and without their end, whatever ends the lines; certificates are public."""
    assert NOTHING.redact(given_text) == expected


UNITS = [
    "a", "#", " ", "\n", " \n", '"', "'", "a:@ ", "a:b(b@", "/a:b", "a:b c ", "key ", "key of ", "password x vrf y ",
    "username ", "snmp-server host ", "spi 1 esp aes ", 'cli command "a" pattern "pass" ', 'mail server "a:b ',
    "SMTP server: a:b@c : ", "password: ", "token=a&", "'password ", "password a; a: +b ", "https://a:b", "a@", "1    pw ",
    "no ", "R1#password a ", "-----BEGIN PRI" + "VATE KEY-----", "-----BEGIN PRI" + "VATE KEY-----\nAAAAAAAAAAAAAAAAAA\n",
]  # fmt: skip


@pytest.mark.parametrize("unit", UNITS)
def test_the_work_grows_with_the_text_and_not_faster(unit: str) -> None:
    """Eight times the text is some eight times the work, on one line as on many; sixty-four times would be a way in."""

    def work(letters: int) -> float:
        texts = [f"{(unit * letters)[:letters]} password x y@z:a", (unit * 30 + "\n") * (letters // (30 * len(unit)))]
        begun = time.process_time()
        for each in texts:
            NOTHING.redact(each)
        return time.process_time() - begun

    work(1000)
    assert work(160_000) < 40 * work(20_000) + 0.5


# --- logging -------------------------------------------------------------------------------------------------------


def logged(*args: object, error: Exception | None = None, stack: bool = False) -> str:
    stream = StringIO()
    handler = logging.StreamHandler(stream)
    handler.addFilter(RedactingFilter(KNOWN))
    logger = logging.getLogger("mailtrust.test_redact")
    logger.propagate = False
    logger.handlers = [handler]
    logger.error(*args, exc_info=error, stack_info=stack)  # type: ignore[arg-type]
    return stream.getvalue()


def raised(text: str) -> Exception:
    try:
        int(text)
    except ValueError as error:
        return error
    raise AssertionError


@pytest.mark.parametrize(
    ("args", "expected"),
    [
        (("plain s3cr3t/pa+ss",), "plain ***\n"),
        (("args %s and %r", "s3cr3t/pa+ss", {"p": "s3cr3t/pa+ss"}), "args *** and {'p': '***'}\n"),
        (("mapping %(p)s", {"p": "u:geheim@h"}), "mapping u:***@h\n"),
        (("100% of %s",), "100% of %s\n"),
        (("too few %s %s", "s3cr3t/pa+ss"), "too few %s %s ('***',)\n"),
        ((ValueError("s3cr3t/pa+ss"),), "***\n"),
    ],
)
def test_log_records_are_rewritten(args: tuple[object, ...], expected: str) -> None:
    """Message and arguments are clean, also where they do not fit together."""
    assert logged(*args) == expected


def test_exceptions_are_rewritten() -> None:
    """The traceback and the message of an exception, and a stack, hold no secret."""
    text = logged("it failed", error=raised("s3cr3t/pa+ss"))
    assert "Traceback" in text
    assert text.endswith("ValueError: invalid literal for int() with base 10: '***'\n")
    assert "s3cr3t/pa+ss" not in text
    stack = logged("with a stack", stack=True)
    assert "Stack (most recent call last)" in stack
    assert 'logged("with a stack", stack=True)' in stack


def test_a_record_is_clean_for_every_handler_behind() -> None:
    """Other handlers and formatters see the rewritten record, without the exception object."""
    error = raised("s3cr3t/pa+ss")
    record = logging.LogRecord("x", logging.INFO, "f", 1, "%s", ("s3cr3t/pa+ss",), (ValueError, error, None))
    for _ in range(2):
        assert RedactingFilter(KNOWN).filter(record)
        assert "s3cr3t/pa+ss" not in repr(record.__dict__)
    assert logging.Formatter().format(record).endswith("base 10: '***'")
