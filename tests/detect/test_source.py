from dataclasses import replace
from functools import partial

import pytest

from monitor.catalog.catalog import Catalog
from monitor.detect._image import Image
from monitor.detect._source import Source, Sources, at_least_medium
from monitor.model.finding import Confidence, Purpose, Severity
from tests.kit.acme import acme_catalog
from tests.kit.facts import make_contact, make_device, make_observation

IMAGE = Image(
    url="a/b",
    path="/b",
    bytes_seen=5000,
    complete=True,
    sha256=None,
    magic=None,
    part=None,
    says_firmware=True,
)
DATA = IMAGE._replace(says_firmware=False)


def source(
    seen: Image = IMAGE, *matched: str, remote_name: str | None = None, maker: str | None = None
) -> Source | None:
    contact = make_contact(make_device(maker_vendor=maker))
    observation = make_observation("http_response", contact=contact, remote_name=remote_name)
    catalog = acme_catalog()
    signatures = [one for one in catalog.signatures if one.id in matched]
    return Sources(catalog).of_image(observation, contact, signatures, seen)


def test_data_from_an_update_service_is_an_image() -> None:
    found = source(DATA, "acme.fota-check")
    assert found is not None
    assert (found.endpoint, found.severity, found.confidence) == ("acme", Severity.MEDIUM, Confidence.HIGH)
    assert found.words == "the update service of Acme Wireless"


def test_an_update_service_is_known_by_the_name_it_was_looked_up_under() -> None:
    found = source(DATA, remote_name="fota.acme.example")
    assert found is not None
    assert found.endpoint == "acme"


def test_another_service_of_a_vendor_must_say_firmware() -> None:
    found = source(IMAGE, "acme.cloud")
    assert found is not None
    assert (found.severity, found.confidence) == (Severity.MEDIUM, Confidence.LOW)
    assert source(DATA, "acme.cloud") is None


def test_orbits_that_are_named_like_an_image_are_no_firmware() -> None:
    [signature] = [one for one in acme_catalog().signatures if one.id == "acme.cloud"]
    service = replace(signature, purpose=Purpose.ASSISTED_GNSS)
    observation = make_observation("http_response", contact=make_contact())
    whole_domain = replace(signature, purpose=Purpose.VENDOR_WEB)
    judge = partial(Sources(acme_catalog()).of_image, observation, make_contact(), [whole_domain, service])
    assert judge(IMAGE) is None
    assert judge(IMAGE._replace(magic="gzip")) is None
    assert judge(IMAGE._replace(magic="uimage")) is not None


def test_any_download_of_any_device_is_benign() -> None:
    assert source(IMAGE) is None


def test_a_module_that_fetches_firmware_from_a_stranger_is_a_weak_hint() -> None:
    found = source(IMAGE, remote_name="cdn.example", maker="acme")
    assert found is not None
    assert (found.endpoint, found.vendor_name, found.severity, found.confidence) == (
        "cdn.example",
        "Acme Wireless",
        Severity.LOW,
        Confidence.LOW,
    )
    assert source(DATA, maker="acme") is None


def test_a_maker_that_the_catalog_lost_is_told_by_its_id() -> None:
    found = source(IMAGE, maker="gone")
    assert found is not None
    assert (found.vendor_name, found.endpoint) == ("gone", "198.51.100.7")


@pytest.mark.parametrize(
    ("severity", "expected"),
    [("info", "medium"), ("medium", "medium"), ("high", "high"), ("critical", "critical")],
)
def test_a_download_is_at_least_medium(severity: str, expected: str) -> None:
    assert at_least_medium(Severity(severity)) == expected


def test_a_source_outlives_a_restart() -> None:
    sources = Sources(acme_catalog())
    for found in (source(DATA, "acme.fota-check"), source(IMAGE, maker="acme")):
        assert found is not None
        assert sources.of_row(Sources.row(found)) == found


def test_a_source_whose_signature_is_gone_is_dropped() -> None:
    found = source(DATA, "acme.fota-check")
    assert found is not None
    assert Sources(Catalog(vendors=[], signatures=[])).of_row(Sources.row(found)) is None


@pytest.mark.parametrize("matched", [(), ("acme.fota-check",), ("acme.cloud",)])
@pytest.mark.parametrize("remote_name", [None, "fota.acme.example", "images.example.org"])
@pytest.mark.parametrize("maker", [None, "acme"])
def test_nothing_has_a_source_of_which_it_was_said_that_it_can_have_none(
    matched: tuple[str, ...], remote_name: str | None, maker: str | None
) -> None:
    observation = make_observation("http_response", remote_name=remote_name)
    contact = make_contact(make_device(maker_vendor=maker))
    catalog = acme_catalog()
    signatures = [one for one in catalog.signatures if one.id in matched]
    can_have_one = Sources(catalog).may_know(observation, contact, signatures)
    assert can_have_one == (source(IMAGE, *matched, remote_name=remote_name, maker=maker) is not None)
