"""Where IOS XE prints secrets: rows in the notation of Cisco's command references, and the words that tell prose.

Small letters stand for themselves, ``a|b`` for one of both, ``[...]`` for what may be left out. ``WORD`` is any word,
``WORDS`` up to eight of them, ``N`` a number, ``TYPE`` the digit that tells how a secret is encrypted; ``DIGEST``,
``CIPHER``, ``BITS``, ``KEYS`` and ``PUBLIC`` are names of algorithms, their sizes, kinds of key pairs, and fingerprints
or types of public keys. ``SECRET`` is a word that is hidden, ``LINE`` is hidden up to the end. A row with neither says
that nothing there is secret. The first row that fits counts. A row begins anywhere in a line, so prompts, signs and
quotes before it do not matter.

Above each group stands the reference that describes it, as remembered; what ``tests/cases/redact`` holds of it was
compared with configurations that people have published.
"""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass

_ROWS = """
! SNMP Support Command Reference. The last word of a host is a community, or with version 3 what takes its place.
snmp-server community [TYPE] SECRET
snmp-server host WORD [vrf WORD] [traps|informs] [version 1|2c|3 [auth|noauth|priv]] SECRET
auth DIGEST [BITS] SECRET
priv CIPHER [BITS] SECRET
community-map SECRET
rmon event N [log] trap SECRET
community name: SECRET
community securityname: SECRET
community string : SECRET

! Routing protocols: OSPF, OSPFv3 (also `ipv6 ospf` and `area`), EIGRP, IS-IS, NTP Command References
message-digest-key N WORD [encrypted] [TYPE] SECRET
authentication-key N DIGEST [TYPE] SECRET
spi N esp null DIGEST [TYPE] SECRET
spi N esp CIPHER [BITS] [TYPE] SECRET [DIGEST [TYPE] SECRET]
spi N DIGEST [TYPE] SECRET
authentication mode hmac-sha-256 [TYPE] LINE
authentication N DIGEST [TYPE] SECRET
ntp WORDS key N
tunnel key N

! First Hop Redundancy Protocols, NHRP, redundancy groups: IP Application Services, IP Addressing Command References
standby|vrrp|glbp [N] authentication md5
standby|vrrp|glbp [N] authentication [text] [TYPE] SECRET
authentication text, string SECRET
authentication text [TYPE] SECRET
nhrp authentication [TYPE] SECRET

! Security Command Reference: IKE, IPsec, PKI, keys, AAA, Kerberos
pre-shared-key key-chain
pre-shared-key address|hostname|ipv6 WORD [WORD] key [hex] [TYPE] SECRET
session-key inbound|outbound ah N SECRET
session-key inbound|outbound esp N cipher SECRET [authenticator SECRET]
session-key inbound|outbound esp N [authenticator] SECRET
key config-key WORD LINE
crypto pki|ca import|export WORD pkcs12 WORD [password] SECRET
crypto pki|ca export WORD pem terminal [rsa] [CIPHER] [password] SECRET
crypto pki|ca export WORD pem url WORD [rsa] [CIPHER] [password] SECRET
crypto pki|ca import WORD pem [check] [exportable] [usage-keys] terminal [password] SECRET
crypto pki|ca import WORD pem [check] [exportable] [usage-keys] url WORD [password] SECRET
crypto pki|ca token WORD [admin] login [TYPE] SECRET
crypto pki|ca token WORD
crypto key export WORD WORD pem terminal CIPHER SECRET
crypto key export WORD WORD pem url WORD CIPHER SECRET
crypto key import WORD WORD [pem] [KEYS] [exportable] terminal SECRET
crypto key import WORD WORD [pem] [KEYS] [exportable] url WORD [exportable] SECRET
key chain|key-chain|keychain|pubkey-chain|mypubkey|storage
key generate|zeroize|export|import|move|lock|unlock|encrypt|decrypt
key PUBLIC
key N prefer|source|version|minpoll|maxpoll|burst|iburst|ttl
password encryption aes
password required|rollover|restriction|configuration|key-chain|keychain|keyboard|publickey
password option N for WORD key-chain
password fallback key-chain
password default|none mode
psk list|key-chain|provisioning
token required-for
kerberos srvtab entry WORD N N N N N SECRET
test aaa group WORD WORDS SECRET legacy|new-code
key N -- text SECRET

! Wireless: Catalyst 9800 and autonomous access points
static-wep-key encryption N ascii|hex [TYPE] SECRET
key N size WORD [TYPE] SECRET
mobility WORDS hash SECRET
keyhash SECRET

! Cellular, voice, content scan, IP SLA, load balancing
profile create N WORD none
profile create N WORD WORD WORD SECRET
sim unlock|lock|activate SECRET
sim authenticate [TYPE] SECRET
sim change-pin SECRET [SECRET]
authentication credential WORD SECRET
license 0|6|7 SECRET
authorization: basic|bearer|digest LINE
cookie: LINE
set-cookie: LINE
sshpass -p SECRET
"""

_MEANINGS = {
    "WORD": r"\S+(?!\S)[ \t]*",
    "WORDS": r"(?:\S+[ \t]+){1,8}?",
    "N": r"\d+(?!\w)[ \t]*",
    "TYPE": r"\d(?!\S)[ \t]*",
    "BITS": r"(?:128|192|224|256|384|512)(?!\S)[ \t]*",
    "DIGEST": r"(?:md5|sha[\w-]*|hmac-\S+|cmac-\S+)(?!\S)[ \t]*",
    "CIPHER": r"(?:3?des[\w-]*|aes[\w-]*)(?!\S)[ \t]*",
    "KEYS": r"(?:usage|general)[\w-]*(?!\S)[ \t]*",
    "PUBLIC": r"(?:sha256:|md5:|ssh-|ecdsa-sha2-|sk-)\S+[ \t]*",
    "SECRET": r"(\S+)[ \t]*",
    "LINE": r"(?=(\S))",
    "[": "(?:",
    "]": ")?",
}


def words(text: str) -> frozenset[str]:
    return frozenset(text.split())


@dataclass(frozen=True, slots=True)
class Row:
    """A row as a pattern; each of its groups begins a secret, which goes on to the end if ``whole``."""

    pattern: re.Pattern[str]
    whole: bool


@functools.cache
def row(text: str) -> Row:
    """Of one of ``ROWS``; made when it is first needed, as most runs meet few of them."""
    signs = re.findall(r"[\[\]]|[^\s\[\]]+", text)
    return Row(re.compile("".join(map(_sign, signs))), text.endswith("LINE"))


def _sign(sign: str) -> str:
    literals = "|".join(map(re.escape, sign.split("|")))
    return _MEANINGS.get(sign) or rf"(?:{literals})(?![\w-])[:,.;)]*[ \t]*"


def _by_first_word() -> dict[str, tuple[str, ...]]:
    rows: dict[str, tuple[str, ...]] = {}
    for line in _ROWS.splitlines():
        for word in line.partition(" ")[0].split("|") if line and line[0] != "!" else ():
            rows[word] = (*rows.get(word, ()), line)
    return rows


ROWS = _by_first_word()
"""The rows by the word that they begin with."""

KEYWORDS = words("""
    password passwd passphrase passcode secret key key-string key-octet-string psk pmk cak pin token idtoken
    community community-name community-string
""")
"""Words that a secret follows wherever IOS takes one, at the end of compounds too: ``server-key``."""

_BEGINS = "|".join(sorted(map(re.escape, {*ROWS, *KEYWORDS}), key=len, reverse=True))
BEGIN = re.compile(rf"(?:{_BEGINS})(?=[ \t])")
"""Where a row or a keyword may begin, if no letter stands before."""

KEYWORD_ROW = re.compile(
    r"\S+[ \t]+"
    r"((?:(?:\d|(?:level|index)[ \t]+\d+|option[ \t]+\d+[ \t]+for[ \t]+\S+|peer[ \t]+\S+|fallback|local|remote"
    r"|ascii|ascii-text|hex|hexadecimal|encrypted|unencrypted|clear|cleartext|plain|md5|sha[\w-]*|hmac-\S+"
    r"|is|was)[ \t]+){0,4})"
    r"(\S+)"
)
"""A keyword, what may stand between it and its secret, and the first word of the secret."""

TAILS = words("""
    address hostname ipv4 ipv6 realm timeout level level-1 level-2 privilege autocommand hash hash-function
    proxy-reply algorithm replay protocol format mode mode-list slot identifier no-xauth access priv view ro rw
    challenge transmit-key vrf port index source context udp-port local all force callin authenticate group
    attribute description username sent-username path legacy new-code cryptographic-algorithm secure version owner <cr>
""")
"""Words that go on behind a secret: they and what follows stay readable. Keywords do so too."""

BEFORE_COMMUNITY = frozenset({"snmp", "trap", "traps"})
"""Elsewhere a community is one of BGP (``set community``), unless a command begins with it."""

ODD = re.compile(r"\d.*[a-z]|[a-z].*\d|[!#%&*^~$]")
"""What looks like a password and not like a word."""

NO_COMPOUND = re.compile(
    r"(?:public|pub|host|ssh|rsa|dsa|ec|named|addressed|trusted|config|hot|sort|fast|soft)-key"
    r"|[\w-]*-(?:community|community-list)",
    re.IGNORECASE,
)

NAMING = words("""
    name route-map class-map policy-map class match-any match-all extended standard list prefix-list access-list
    community-list chain key-chain keychain trustpoint profile wlan policy group peer-group radius tacacs tacacs+
    vrf forwarding definition applet interface input output template hostname host label keypair username user
    server keyring neighbor view map pool ssid tag domain dialer-list
""")
"""Words that a name follows: it is not a keyword though it ends like one (``wlan corp-psk 5``)."""

HEADS = words("""
    username enable tacacs-server radius-server server-private snmp-server mgmtuser neighbor ppp isis ip ipv6 ntp mpls
    vtp cts aaa l2tp wlccp dot1x vpdn wlan ap etr mka macsec wsma cwmp cns rmon snmp bgp lisp eap gdoi nmsp umbrella
    energywise xauth keyring crypto
""")
"""Words that commands with secrets begin with: behind them a line is a command, whatever else it says."""

FIRST_HEADS = HEADS | words("""
    client bind credentials authentication registrar wireless peer area security pac encryption web xml gateway digest
    license controller cellular profile set database group connection management cable ldap key redundancy user source
    template copy
""")
"""The same, with words that sentences hold as well: a command only where they are the first."""

DETERMINERS = words("""
    a an the this that these those your our its it's their his her my i you he she we they
""")
"""Words that begin the name of a thing in a sentence, and now and then a pass phrase."""

PROSE = DETERMINERS | words("""
    it not no is are was were be been being am has have had having do does did can cannot can't could may might must
    shall should will would of to in on at by for from with without and or nor but if when while as than then so
    because before after until since into under about each every any both which who whose what how why where there
    here please checks enter give given gives use uses used using wrong correct incorrect invalid valid missing
    needed refused rejected accepted expired changed changes failed fails mismatch mismatched unknown known found
    unset empty too very only also again already ever other another first next last such expected got tried asked
    told stands holds held named called characters digits words letters minutes seconds times bytes was: matches
    differs again. now later sent shown hidden read typed made like
""")
"""Words of sentences. Where they stand, somebody speaks of a secret and does not tell it."""

NOUNS = words("""
    aging agreement algorithm algorithms auth authentication bad bit bits block bucket chain chains change check data
    dead derivation ec dsa ecdsa establishment exchange expiry field file fingerprint good hash hashes hint history id
    identifier identity info label length lifetime line list login logging management manager material modulus name
    names ok okay option options pair path pattern policy process prompt question recovery reference references
    renewal reset ring rotation rsa schedule server share size store strength text type types usage value values
    verification word entry group groups
""")
"""What stands behind ``password`` or ``key`` in sentences and other output; a secret only where a command is sure."""
