"""The variables that EEM gives to an applet: those of every event, and those that only one event detector sets.

From what IOS XE prints for ``show event manager detector all detailed``, and what Cisco's tables of built-in variables
have beyond that. A prefix need not be the event's word: ``neighbor-discovery`` sets ``_nd_...``.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

COMMON = frozenset(
    (
        *("_event_id", "_event_type", "_event_type_string", "_event_severity", "_job_id"),
        *("_event_pub_time", "_event_pub_sec", "_event_pub_msec"),
    )
)

# Word of the event -> prefix of its variables, then what follows it; regular expressions, since some are counted.
_DETECTORS: Mapping[str, str] = {
    "application": r"_application_ sub_system type data[1-4] component_id",
    "cli": r"_cli_ msg msg_count line key tty username host privilege error_code mode_context",
    "config": r"_config_",
    "counter": r"_counter_ name value",
    "env": r"_env_",
    "generic": r"_generic_ msg priority",
    "gold": r"_gold_ card sub_card new_failure overall_result bl ci cn sn (?:cf|ec|lf|pdf|tc|tr)\d*",
    "identity": r"_identity_ stage status interface mac \w+",  # the last: each attribute of the AAA server
    "interface": r"_interface_ name parameter value is_increment delta_value exit_event",
    "ioswdsysmon": r"""_ioswd_ num_subs node
        sub[12]_(?:path|pid|present|type|taskname|procname|value|period|is_percent|diff)""",
    "ipsla": r"""_ipsla_ group_name oper_id condition react_type dest_ip_addr measured_threshold_value
        threshold_(?:type|rising|falling|count|count2)""",
    "mat": r"_mat_ notification intf_name mac_address",
    "neighbor-discovery": r"""_nd_ notification intf_linkstatus intf_linestatus local_intf_name short_local_intf_name
        port_id protocol proto_notif proto_new_entry cdp_entry_name cdp_hold_time cdp_mgmt_domain cdp_platform
        cdp_version cdp_capabilities_(?:string|bits|bits?_\d+) lldp_chassis_id lldp_system_name
        lldp_system_description lldp_ttl lldp_port_description lldp_(?:system|enabled)_capabilities_(?:string|bits)
        lldp_capabilities_(?:bits|bits?_\d+)""",
    "nf": r"""_nf_ monitor_name event_type ip_protocol source_address source_port dest_address dest_port app_name
        event[1-4]_(?:field|value)""",
    "nhrp": r"_nhrp_ msg argc arg\d+ attribute",
    "none": r"_none_ argc arg\d+",
    "oir": r"_oir_ event slot",
    "process": r"""_process_ dump_count exit_status fail_count instance last_respawn node_name path process_name
        respawn_count""",
    "resource": r"""_resource_ configured_threshold current_value dampen_time direction level notify_data_flag owner_id
        policy_id policy_violation_flag time_sent user_id""",
    "rf": r"_rf_ event",
    "routing": r"""_routing_ network mask prefix_len protocol type tag_name vrf_name topo_name lastgateway distance time
        time_sec time_msec metric lastinterface afi""",
    "rpc": r"_rpc_ event argc arg\d+",
    "snmp": r"_snmp_ oid val oid_val oid_delta_val exit_event",
    "snmp-notification": r"""_snmp_notif_ oid oid_val src_ip_addr dest_ip_addr trap_oid (?:ent|enterprise)_oid
        (?:gen|generic|spec|specific)_trap trunc_flag trunc_vb_buf time_stamp""",
    "snmp-object": r"_snmp_ oid request request_type value",
    "syslog": r"_syslog_ msg priority sequence timestamp facility mnemonic",
    "timer": r"_timer_ (?:type|time|remain)(?:_sec|_msec)?",
    "track": r"_track_ number state",
    "wdsysmon": r"_wd_ num_subs sub[12]_\w+",
}
_BESIDE = {"gold": r"_action_notify", "snmp-notification": r"_\d+(?:_\d+)+"}  # the latter is an OID: a varbind
_OTHER_WORDS = {"configuration": "config", "environmental": "env", "ioswd": "ioswdsysmon"}


_PREFIXES = {word: told.split()[0] for word, told in _DETECTORS.items()}
_SET_BY = {
    word: re.compile(
        "|".join([*(_PREFIXES[word] + name for name in told.split()[1:]), _BESIDE.get(word, "(?!)")]), re.ASCII
    )
    for word, told in _DETECTORS.items()
}

# Not built in: a name, and the action that would set it.
_BY_ACTION: Mapping[str, str] = {
    r"_info_\w+": "info",
    r"_cli_result\w*": "cli",
    r"_regexp_result\w*": "regexp",
    r"_string_result\w*": "string",
    r"_foreach\w*": "foreach",
    r"_counter_value_remain": "counter",
    r"_result": "add, subtract, multiply or divide",
    r"_remainder": "divide",
    r"_exit_status": "set",
}


_SHOWN = 40


@dataclass(frozen=True, slots=True)
class Doubt:
    """Why a variable may be empty; ``certain`` if it is."""

    certain: bool
    why: str


def detector(event: str) -> str | None:
    """The event detector of an applet's ``event``, abbreviated or not; None if the word is no one detector's."""
    word = _word(event)
    known = [word] if word in _DETECTORS else [one for one in (*_DETECTORS, *_OTHER_WORDS) if one.startswith(word)]
    meant = {_OTHER_WORDS.get(one, one) for one in known}
    return meant.pop() if len(meant) == 1 else None


def stranger(event: str) -> str | None:
    """What is said of an event that no detector has, perhaps a slip of the pen; None if one has it."""
    if detector(event) is not None:
        return None
    return f"'{_word(event)[:_SHOWN]}' is no event that is known{_meant(_word(event), _DETECTORS)}"


def _word(event: str) -> str:
    """The one that says what kind of event it is: ``tag NAME`` may stand before it."""
    words = event.lower().split()
    return "".join(words[2:3] if words[:1] == ["tag"] else words[:1])


def doubt(name: str, event: str) -> Doubt | None:
    """What is wrong with ``$name`` in an applet with that event and no action but mail.

    None for what the event sets, and for all that some event sets where the event is not known.
    """
    if name in COMMON:
        return None
    if action := next((action for names, action in _BY_ACTION.items() if re.fullmatch(names, name, re.ASCII)), None):
        return Doubt(True, f"which only 'action {action}' would set: its one action is the mail")
    own, setters = detector(event), [word for word, names in _SET_BY.items() if names.fullmatch(name)]
    family = [word for word, prefix in _PREFIXES.items() if name.startswith(prefix)]
    if own in setters or (own is None and (setters or family)):
        return None
    if setters or (family and own not in family):
        others = "' or 'event ".join(setters or family)
        return Doubt(True, f"which only 'event {others}' sets: its event is {own}")
    if own is not None and own in family:
        return Doubt(False, f"which 'event {own}' is not known to set{_meant(name, _names(own), '$')}")
    if name.startswith("_event_"):
        return Doubt(False, f"which no event is known to set{_meant(name, COMMON, '$')}")
    return Doubt(True, "which nothing sets")


def _names(word: str) -> list[str]:
    """Those that are spelled out in the table."""
    return [_PREFIXES[word] + name for name in _DETECTORS[word].split()[1:] if name.isidentifier()]


def _meant(what: str, known: Iterable[str], mark: str = "") -> str:
    close = difflib.get_close_matches(what, sorted(known), n=1)
    return f"; did you mean '{mark}{close[0]}'?" if close else ""
