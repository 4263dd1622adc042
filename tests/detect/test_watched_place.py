from collections.abc import Sequence
from random import Random

import pytest

from monitor.detect.watched_place import DETECTOR, Settings, WatchedPlace
from monitor.model.entity import Contact
from monitor.model.finding import Confidence, Finding, Severity
from tests.kit.acme import acme_catalog
from tests.kit.facts import make_contact, make_observation, make_remote, make_totals
from tests.kit.states import again, spoiled


def detector(settings: Settings | None = None) -> WatchedPlace:
    return WatchedPlace(settings or Settings(countries=("cn",)), acme_catalog())


def judged(settings: Settings, contact: Contact | None = None) -> Sequence[Finding]:
    return detector(settings).judge(make_observation("flow_start", contact=contact))


def test_nothing_is_watched_unless_the_site_says_so() -> None:
    assert (detector(Settings()).wants, judged(Settings())) == (frozenset(), [])
    assert detector(Settings()).known_series() == ()


def test_a_watched_country_is_told_with_the_doubt_about_geo_ip() -> None:
    (finding,) = judged(Settings(countries=("cn",)))
    assert finding.identity == ("country:CN", "meter-17")
    assert (finding.severity, finding.confidence) == (Severity.MEDIUM, Confidence.MEDIUM)
    assert finding.title == "Contact with a watched country: CN"
    assert finding.why.startswith("meter-17 contacted 198.51.100.7, which the geo-IP database places in")
    assert "err" in finding.why
    assert finding.saw == "ip.dst = 198.51.100.7 (country CN)"
    assert finding.details == {"watched": "country:CN"}


def test_another_country_states_nothing() -> None:
    assert judged(Settings(countries=("NO",))) == []


def test_an_address_without_a_place_states_nothing() -> None:
    nowhere = make_contact(remote=make_remote(country=None, asn=None, organisation=None))
    watch = Settings(countries=("CN",), asns=(64500,), organisations=("Example",))
    assert judged(watch, nowhere) == []


def test_every_watched_place_of_a_remote_is_a_story() -> None:
    watch = Settings(countries=("CN",), asns=(64500,), organisations=("example cloud",))
    assert [finding.identity[0] for finding in judged(watch)] == [
        "country:CN",
        "asn:64500",
        "organisation:example cloud",
    ]


@pytest.mark.parametrize(
    ("phrase", "organisation", "expected"),
    [
        ("example cloud", "Example Cloud Ltd", True),
        ("EXAMPLE", "example-cloud, ltd.", True),
        ("cloud ltd", "Example Cloud, Ltd", True),
        ("amp", "Example Cloud Ltd", False),
        ("ltd example", "Example Cloud Ltd", False),
        ("   ", "Example Cloud Ltd", False),
    ],
)
def test_organisations_compare_by_words(phrase: str, organisation: str, *, expected: bool) -> None:
    contact = make_contact(remote=make_remote(organisation=organisation))
    assert bool(judged(Settings(organisations=(phrase,)), contact)) is expected


def test_a_neighbour_has_no_place() -> None:
    assert judged(Settings(countries=("CN",)), make_contact(internal=True)) == []


def test_only_the_start_of_a_flow_is_judged() -> None:
    hello = make_observation("tls_client_hello", {"tls.sni": "a.example"})
    assert detector().judge(hello) == []


def test_a_flow_that_ends_adds_its_bytes_once() -> None:
    tried = detector()
    tried.judge(make_observation("flow_start"))
    end = make_observation("flow_end", totals=make_totals(100, 900))
    (finding,) = tried.judge(end)
    assert (finding.uplink_bytes, finding.downlink_bytes, finding.counts, finding.saw) == (
        100,
        900,
        False,
        "",
    )
    assert tried.judge(end) == []


def test_a_remote_that_came_in_is_told_so() -> None:
    (finding,) = judged(Settings(countries=("CN",)), make_contact(out=False))
    assert "was contacted by 198.51.100.7" in finding.why


def test_forgotten_flows_are_counted() -> None:
    tried = detector(Settings(countries=("CN",), flow_capacity=1))
    for flow_id in range(3):
        tried.judge(make_observation("flow_start", flow_id=flow_id))
    assert tried.evictions == 2


def test_it_is_declared_and_has_no_windows() -> None:
    assert DETECTOR is WatchedPlace
    assert detector().due(10**30) == []
    assert [one.severity for one in detector().known_series()] == ["medium"]


EVERYTHING = Settings(countries=("CN",), asns=(64500,), organisations=("example cloud",))
END = make_observation("flow_end", totals=make_totals(100, 900))


def again_as(tried: WatchedPlace, settings: Settings) -> WatchedPlace:
    fresh = detector(settings)
    fresh.restore(again(tried.state()))
    return fresh


def watching() -> WatchedPlace:
    tried = detector(EVERYTHING)
    tried.judge(make_observation("flow_start"))
    return tried


def test_an_open_flow_outlives_a_restart() -> None:
    assert again_as(watching(), EVERYTHING).judge(END) == watching().judge(END)


def test_a_place_that_is_no_longer_watched_is_dropped() -> None:
    fewer = again_as(watching(), Settings(asns=(64500,)))
    assert [finding.identity[0] for finding in fewer.judge(END)] == ["asn:64500"]
    assert again_as(watching(), Settings()).state()["by_flow"] == []


def test_a_state_of_another_shape_changes_nothing() -> None:
    tried = watching()
    before = tried.state()
    for state in spoiled(again(before), Random(1), 200):
        try:
            tried.restore(state)
        except ValueError:
            assert tried.state() == before
        else:
            tried.judge(END)
            tried.restore(before)


def test_a_flow_that_lives_long_adds_what_is_new_each_time() -> None:
    tried = detector()
    tried.judge(make_observation("flow_start"))
    told = make_totals(100, 900)._replace(told_orig_bytes=60, told_resp_bytes=400)
    active = make_observation("flow_active", totals=make_totals(60, 400))
    findings = [*tried.judge(active), *tried.judge(make_observation("flow_end", totals=told))]
    assert [(60, 400), (40, 500)] == [(one.uplink_bytes, one.downlink_bytes) for one in findings]


def test_another_detector_goes_on_with_the_flows_to_places_that_are_still_watched() -> None:
    same, fewer = detector(EVERYTHING), detector(Settings(asns=(64500,)))
    same.take_over(watching())
    fewer.take_over(watching())
    assert same.judge(END) == watching().judge(END)
    assert [finding.identity[0] for finding in fewer.judge(END)] == ["asn:64500"]
