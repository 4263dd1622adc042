import json
from typing import Any

from monitor.export.records import REMEMBERED_FLOWS, ObservationLines, flow_line, flow_record, flow_row
from monitor.model.packet import Tunnel
from tests.kit.facts import T0, make_observation, make_totals

END = make_observation("flow_end", remote_name="fota.acme.example", totals=make_totals(1000, 5000, at=1.5))


def test_an_observation_is_told_with_its_head_and_its_own_fields() -> None:
    observation = make_observation(
        "dns_query", {"dns.query": "a.example", "dns.qtype": "A"}, protocol=17, number=7
    )
    assert json.loads(ObservationLines().line(observation)) == {
        "time": "2027-01-15T08:00:00.000000000Z",
        "type": "dns_query",
        "community_id": observation.flow.community_id,
        "orig_ip": "10.0.4.17",
        "orig_port": 40000,
        "resp_ip": "198.51.100.7",
        "resp_port": 443,
        "proto": "udp",
        "frame": 7,
        "dns.query": "a.example",
        "dns.qtype": "A",
    }


def test_flows_that_are_remembered_are_bounded() -> None:
    lines = ObservationLines()
    for flow_id in range(REMEMBERED_FLOWS + 5):
        lines.record(make_observation(flow_id=flow_id))
    assert len(lines._community_ids) == 5


def test_the_same_flow_is_told_alike_from_memory() -> None:
    lines = ObservationLines()
    assert lines.line(make_observation()) == lines.line(make_observation())


def test_a_hostile_name_makes_a_line_all_the_same() -> None:
    told = ObservationLines().line(make_observation(fields={"tls.sni": "\udcff\n{}"}))
    assert json.loads(told)["tls.sni"] == "\\udcff\n{}"


def test_a_flow_is_told_under_its_published_names() -> None:
    assert flow_record(flow_row(END, "acme")) == {
        "community_id": END.flow.community_id,
        "orig_ip": "10.0.4.17",
        "orig_port": 40000,
        "resp_ip": "198.51.100.7",
        "resp_port": 443,
        "proto": "tcp",
        "start": "2027-01-15T08:00:00.000000000Z",
        "end": "2027-01-15T08:00:01.500000000Z",
        "orig_packets": 10,
        "resp_packets": 50,
        "orig_bytes": 1000,
        "resp_bytes": 5000,
        "duplicates": 0,
        "state": "SF",
        "end_reason": "closed",
        "device": "meter-17",
        "server_name": "fota.acme.example",
        "country": "CN",
        "asn": 64500,
        "vendor": "acme",
        "tunnel": None,
        "tunnel_id": None,
        "vlan": None,
    }


def test_a_flow_that_nobody_enriched_has_no_place() -> None:
    row = flow_row(END._replace(contact=None, remote_name=None))
    assert (row.device, row.server_name, row.country, row.asn, row.vendor) == (None,) * 5


def in_tunnel(**changes: Any) -> tuple[str | None, int | None, int | None]:
    row = flow_row(END._replace(flow=END.flow._replace(**changes)))
    return row.tunnel, row.tunnel_id, row.vlan


def test_tunnels_and_vlans_are_told_by_name_and_number() -> None:
    assert in_tunnel(tunnel=Tunnel.GTPU, tunnel_id=77, vlan=0) == ("gtpu", 77, 0)
    assert in_tunnel(tunnel=250, tunnel_id=77) == (None, None, None)


def test_a_flow_line_is_its_record() -> None:
    row = flow_row(END)
    assert json.loads(flow_line(row)) == flow_record(row)
    assert row.start == T0
