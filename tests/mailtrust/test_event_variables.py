"""Which variables EEM gives to an applet, by its event."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailtrust.event_variables import _DETECTORS, _PREFIXES, _SET_BY, COMMON, detector, doubt, stranger

# As a router prints them for `show event manager detector all detailed`, and as Cisco's tables have them.
PRINTED = {
    "application": "_application_sub_system _application_type _application_data1 _application_data4 "
    "_application_component_id",
    "cli": "_cli_msg _cli_msg_count _cli_line _cli_key _cli_tty _cli_username _cli_host _cli_privilege "
    "_cli_error_code _cli_mode_context",
    "counter": "_counter_name _counter_value",
    "gold": "_gold_card _gold_sub_card _gold_new_failure _gold_overall_result _gold_tr3 _action_notify",
    "identity": "_identity_stage _identity_status _identity_interface _identity_mac _identity_username",
    "interface": "_interface_name _interface_parameter _interface_is_increment _interface_value "
    "_interface_delta_value _interface_exit_event",
    "ioswdsysmon": "_ioswd_num_subs _ioswd_node _ioswd_sub1_path _ioswd_sub2_pid _ioswd_sub1_present "
    "_ioswd_sub1_type _ioswd_sub1_taskname _ioswd_sub2_value _ioswd_sub1_period _ioswd_sub1_is_percent "
    "_ioswd_sub2_diff",
    "ipsla": "_ipsla_group_name _ipsla_oper_id _ipsla_condition _ipsla_react_type _ipsla_threshold_type "
    "_ipsla_dest_ip_addr _ipsla_threshold_rising _ipsla_threshold_falling _ipsla_threshold_count "
    "_ipsla_threshold_count2 _ipsla_measured_threshold_value",
    "mat": "_mat_notification _mat_intf_name _mat_mac_address",
    "neighbor-discovery": "_nd_notification _nd_intf_linkstatus _nd_intf_linestatus _nd_local_intf_name "
    "_nd_short_local_intf_name _nd_port_id _nd_protocol _nd_proto_notif _nd_proto_new_entry _nd_cdp_entry_name "
    "_nd_cdp_hold_time _nd_cdp_mgmt_domain _nd_cdp_platform _nd_cdp_version _nd_cdp_capabilities_string "
    "_nd_cdp_capabilities_bits _nd_cdp_capabilities_bits_0 _nd_cdp_capabilities_bits_31 _nd_lldp_chassis_id "
    "_nd_lldp_system_name _nd_lldp_system_description _nd_lldp_ttl _nd_lldp_port_description "
    "_nd_lldp_system_capabilities_string _nd_lldp_enabled_capabilities_string _nd_lldp_system_capabilities_bits "
    "_nd_lldp_enabled_capabilities_bits _nd_lldp_capabilities_bits _nd_lldp_capabilities_bit_31",
    "nf": "_nf_monitor_name _nf_event_type _nf_ip_protocol _nf_source_address _nf_source_port _nf_dest_address "
    "_nf_dest_port _nf_app_name _nf_event1_field _nf_event4_value",
    "nhrp": "_nhrp_msg _nhrp_argc _nhrp_arg0 _nhrp_arg6 _nhrp_attribute",
    "none": "_none_argc _none_arg1 _none_arg15",
    "oir": "_oir_event _oir_slot",
    "resource": "_resource_owner_id _resource_level _resource_policy_violation_flag",
    "rf": "_rf_event",
    "routing": "_routing_network _routing_mask _routing_prefix_len _routing_protocol _routing_type _routing_tag_name "
    "_routing_vrf_name _routing_topo_name _routing_lastgateway _routing_distance _routing_time _routing_time_sec "
    "_routing_time_msec _routing_metric _routing_lastinterface _routing_afi",
    "rpc": "_rpc_argc _rpc_arg0 _rpc_arg14",
    "snmp": "_snmp_oid _snmp_oid_val _snmp_oid_delta_val _snmp_exit_event",
    "snmp-notification": "_snmp_notif_oid _snmp_notif_oid_val _snmp_notif_src_ip_addr _snmp_notif_dest_ip_addr "
    "_snmp_notif_trap_oid _snmp_notif_ent_oid _snmp_notif_gen_trap _snmp_notif_spec_trap _1_3_6_1_2_1_2_2_1_2",
    "snmp-object": "_snmp_oid _snmp_request _snmp_request_type _snmp_value",
    "syslog": "_syslog_msg _syslog_priority _syslog_sequence _syslog_timestamp _syslog_facility _syslog_mnemonic",
    "timer": "_timer_type _timer_time _timer_remain",
    "track": "_track_number _track_state",
    "generic": "_generic_msg _generic_priority",
}
EACH = [(word, name) for word, names in PRINTED.items() for name in names.split()]


@pytest.mark.parametrize(("word", "name"), EACH)
def test_what_a_router_prints_is_known(word: str, name: str) -> None:
    """Under its own event, under one that nobody knows, with a tag before it: never a doubt."""
    for event in (f"{word} what ever", f"tag a {word}", word.upper(), "something-new parameter x"):
        assert doubt(name, event) is None


@pytest.mark.parametrize(("word", "name"), EACH)
def test_under_another_event_it_is_not_set(word: str, name: str) -> None:
    """A certain doubt that names the event that sets it, unless both do."""
    other = "track 1 state down" if word != "track" else "syslog pattern x"
    found = doubt(name, other)
    assert found is not None
    assert found.certain
    assert f"'event {word}'" in found.why


@pytest.mark.parametrize("name", sorted(COMMON))
@pytest.mark.parametrize("event", [*sorted(_DETECTORS), "something-new", ""])
def test_every_event_has_the_common_ones(name: str, event: str) -> None:
    """The job, the time and the kind of the event itself."""
    assert doubt(name, event) is None


@pytest.mark.parametrize(
    ("name", "action"),
    [
        ("_info_routername", "info"),
        ("_info_interface_loading", "info"),
        ("_cli_result", "cli"),
        ("_regexp_result", "regexp"),
        ("_regexp_result1", "regexp"),
        ("_string_result", "string"),
        ("_exit_status", "set"),
        ("_result", "add, subtract, multiply or divide"),
        ("_counter_value_remain", "counter"),
    ],
)
@pytest.mark.parametrize("event", ["none", "cli pattern x sync yes", "counter name x", "something-new"])
def test_what_actions_set_nothing_sets(name: str, action: str, event: str) -> None:
    """No event gives it, and an applet of ours has no such action."""
    found = doubt(name, event)
    assert found is not None
    assert (found.certain, f"'action {action}'" in found.why) == (True, True)


@pytest.mark.parametrize(
    ("event", "word"),
    [
        ("syslog pattern x", "syslog"),
        ("sysl pattern x", "syslog"),
        ("snmp oid 1", "snmp"),
        ("snmp-n oid 1", "snmp-notification"),
        ("configuration", "config"),
        ("conf", "config"),
        ("ioswd sub1 x", "ioswdsysmon"),
        ("tag e1 timer watchdog time 5", "timer"),
        ("t", None),
        ("tag", None),
        ("tag e1", None),
        ("", None),
        ("nonne", None),
    ],
)
def test_the_event_has_a_detector(event: str, word: str | None) -> None:
    """By its word, whole or shortened as far as it is still one; after a tag."""
    assert detector(event) == word


@pytest.mark.parametrize(
    ("event", "said"),
    [
        ("none", None),
        ("nonne", "'nonne' is no event that is known; did you mean 'none'?"),
        ("sysolg pattern x", "'sysolg' is no event that is known; did you mean 'syslog'?"),
        ("brandnew", "'brandnew' is no event that is known"),
    ],
)
def test_a_strange_event_is_told(event: str, said: str | None) -> None:
    """With what may have been meant."""
    assert stranger(event) == said


@given(word=st.sampled_from(sorted(_DETECTORS)), data=st.data())
def test_all_of_the_table_is_accepted_for_its_event(word: str, data: st.DataObject) -> None:
    """Whatever the patterns of a detector allow is taken as it is where that detector is the applet's own."""
    name = data.draw(st.from_regex(_SET_BY[word], fullmatch=True)) if _DETECTORS[word].split()[1:] else "_job_id"
    found = doubt(name, word)
    assert found is None or "action" in found.why


@given(word=st.sampled_from(sorted(_DETECTORS)), rest=st.from_regex(r"[a-z][a-z0-9_]{0,20}", fullmatch=True))
def test_a_family_is_never_refused_by_its_own_event(word: str, rest: str) -> None:
    """A release may have more variables than the table: that is a doubt, never a refusal."""
    found = doubt(_PREFIXES[word] + rest, word)
    assert found is None or not found.certain or re.search("action|'event snmp", found.why)


@given(st.text(max_size=30), st.text(max_size=30))
def test_any_text_gets_an_answer(name: str, event: str) -> None:
    """Names and events come from files."""
    doubt(name, event)
    stranger(event)
