from pathlib import Path
from typing import Any

import pytest

from monitor.export.formats.ocsf import CONFIDENCES, FORMAT, SEVERITIES
from monitor.model.finding import Confidence, Severity
from tests.kit.receivers import make_origin, make_record

ORIGIN = make_origin(Path())
REQUIRED = {
    "activity_id": int,
    "category_uid": int,
    "class_uid": int,
    "finding_info": dict,
    "metadata": dict,
    "severity_id": int,
    "time": int,
    "type_uid": int,
}
"""ocsf/ocsf-schema 1.5: required in ``base_event``, ``finding`` and ``detection_finding``."""
ALLOWED = {
    "": "activity_id activity_name category_name category_uid class_name class_uid confidence confidence_id confidence_score count device end_time"
    " evidences finding_info is_alert message metadata observables raw_data resources risk_level severity severity_id start_time status status_id"
    " time type_name type_uid unmapped",
    "finding_info": "analytic created_time data_sources desc first_seen_time last_seen_time modified_time product related_events src_url tags title"
    " types uid",
    "analytic": "category desc name type type_id uid version",
    "metadata": "event_code labels log_level log_name log_provider log_version logged_time modified_time original_time product profiles"
    " sequence uid version",
    "product": "feature lang name path uid url_string vendor_name version",
    "device": "desc groups hostname hw_info imei ip is_managed location mac name network_interfaces org os region type type_id uid vendor_name",
    "evidences": "connection_info data device dst_endpoint name query src_endpoint tls uid url verdict verdict_id",
    "endpoint": "domain hostname ip location mac name port svc_name type type_id uid",
    "location": "city continent coordinates country desc isp postal_code provider region",
    "observables": "name reputation type type_id value",
}
"""Attributes of the class and of its objects, ``events/findings`` and ``objects`` of ocsf/ocsf-schema."""


def check(name: str, told: dict[str, Any]) -> None:
    assert told.keys() <= set(ALLOWED[name].split()), name


@pytest.mark.parametrize(
    "record",
    [
        make_record(remote_name="fota.acme.example"),
        make_record(
            remote_ip=None, remote_port=None, country=None, device_mac=None, signature=None, evidence=[]
        ),
        make_record(state="resolved"),
    ],
)
def test_a_detection_finding_has_what_it_must_and_nothing_else(record: dict[str, Any]) -> None:
    told = FORMAT(record, ORIGIN)
    check("", told)
    for name, kind in REQUIRED.items():
        assert isinstance(told[name], kind), name
    assert (told["class_uid"], told["category_uid"]) == (2004, 2)
    assert told["type_uid"] == 2004 * 100 + told["activity_id"]
    check("finding_info", told["finding_info"])
    check("analytic", told["finding_info"]["analytic"])
    check("metadata", told["metadata"])
    check("product", told["metadata"]["product"])
    check("device", told["device"])
    for one in told["evidences"]:
        check("evidences", one)
        check("endpoint", one["src_endpoint"])
        if "dst_endpoint" in one:
            check("endpoint", one["dst_endpoint"])
            assert one["dst_endpoint"].keys() & {"ip", "hostname"}, "at least one of them"
    for one in told["observables"]:
        check("observables", one)


def test_a_model_of_the_schema_that_others_wrote_takes_it() -> None:
    models = pytest.importorskip(
        "py_ocsf_models.events.findings.detection_finding", reason="needs py-ocsf-models"
    )
    told = FORMAT(make_record(), ORIGIN)
    finding = models.DetectionFinding(**{name: value for name, value in told.items() if name != "device"})
    assert finding.finding_info.uid == make_record()["alert_id"]
    assert finding.severity_id.name == "Low"
    assert finding.evidences[0].data["saw"] == make_record()["evidence"][0]["saw"]


@pytest.mark.parametrize(
    ("changes", "activity", "status"),
    [({}, 1, 1), ({"count": 7}, 2, 1), ({"state": "resolved"}, 3, 4)],
)
def test_a_story_is_created_updated_and_closed(changes: dict[str, Any], activity: int, status: int) -> None:
    told = FORMAT(make_record(**changes), ORIGIN)
    assert (told["activity_id"], told["status_id"], told["is_alert"]) == (activity, status, activity != 3)


def test_scales_are_complete() -> None:
    assert set(SEVERITIES) == set(Severity)
    assert set(CONFIDENCES) == set(Confidence)


def test_what_has_no_place_is_kept() -> None:
    told = FORMAT(make_record(image_sha256="ab", completeness=0.5), ORIGIN)["unmapped"]
    assert (told["image_sha256"], told["completeness"], told["asn"]) == ("ab", 0.5, 64500)
    assert "alert_id" not in told
