import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.export._exposition import Format
from monitor.export._negotiation import ESCAPINGS, PLAIN, accepts_gzip, exposition_for

OPEN = "application/openmetrics-text"
PROMETHEUS_3 = (
    f"{OPEN};version=1.0.0;escaping=allow-utf-8;q=0.5,{OPEN};version=0.0.1;q=0.4,"
    "text/plain;version=1.0.0;escaping=allow-utf-8;q=0.3,text/plain;version=0.0.4;q=0.2,*/*;q=0.1"
)
PROMETHEUS_2 = (
    f"{OPEN};version=1.0.0;q=0.8,{OPEN};version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1"
)
PROTOBUF = (
    "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited;q=0.6,"
    f"{OPEN};version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.2"
)


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        ("", "text/plain; version=0.0.4; charset=utf-8"),
        ("*/*", "text/plain; version=0.0.4; charset=utf-8"),
        ("text/*", "text/plain; version=0.0.4; charset=utf-8"),
        ("text/html,application/xhtml+xml,*/*;q=0.8", "text/plain; version=0.0.4; charset=utf-8"),
        ("text/plain", "text/plain; version=0.0.4; charset=utf-8"),
        ("text/plain;version=0.0.4", "text/plain; version=0.0.4; charset=utf-8"),
        ("text/plain;version=1.0.0", "text/plain; version=1.0.0; charset=utf-8; escaping=underscores"),
        (
            "text/plain; version=1.0.0; escaping=allow-utf-8",
            "text/plain; version=1.0.0; charset=utf-8; escaping=allow-utf-8",
        ),
        (OPEN, f"{OPEN}; version=1.0.0; charset=utf-8; escaping=underscores"),
        (f"{OPEN}; version=0.0.1", f"{OPEN}; version=0.0.1; charset=utf-8"),
        (f'{OPEN}; version="1.0.0"', f"{OPEN}; version=1.0.0; charset=utf-8; escaping=underscores"),
        (f"{OPEN}; version=2.0.0", "text/plain; version=0.0.4; charset=utf-8"),
        (
            f"{OPEN}; version=2.0.0, {OPEN}; version=1.0.0; q=0.1",
            f"{OPEN}; version=1.0.0; charset=utf-8; escaping=underscores",
        ),
        (PROMETHEUS_3, f"{OPEN}; version=1.0.0; charset=utf-8; escaping=allow-utf-8"),
        (PROMETHEUS_2, f"{OPEN}; version=1.0.0; charset=utf-8; escaping=underscores"),
        (PROTOBUF, f"{OPEN}; version=1.0.0; charset=utf-8; escaping=underscores"),
        (f"{OPEN};q=0, text/plain;q=0.1", "text/plain; version=0.0.4; charset=utf-8"),
        (f"text/plain;q=0.3, {OPEN};q=0.7", f"{OPEN}; version=1.0.0; charset=utf-8; escaping=underscores"),
        (f"text/plain;q=0.7, {OPEN};q=0.3", "text/plain; version=0.0.4; charset=utf-8"),
        (f"text/plain, {OPEN}", "text/plain; version=0.0.4; charset=utf-8"),
        ("application/json", "text/plain; version=0.0.4; charset=utf-8"),
        (
            f"{OPEN};version=1.0.0;escaping=evil",
            f"{OPEN}; version=1.0.0; charset=utf-8; escaping=underscores",
        ),
        (f"{OPEN};version=1.0.0;escaping=dots", f"{OPEN}; version=1.0.0; charset=utf-8; escaping=dots"),
        (f"{OPEN};q=nonsense", "text/plain; version=0.0.4; charset=utf-8"),
        ("," * 10_000 + OPEN, "text/plain; version=0.0.4; charset=utf-8"),
    ],
)
def test_what_is_asked_for_decides_what_is_given(accept: str, expected: str) -> None:
    assert exposition_for(accept).content_type == expected


@pytest.mark.parametrize(
    ("header", "is_welcome"),
    [
        ("", False),
        ("gzip", True),
        ("GZIP", True),
        ("deflate, gzip;q=0.5", True),
        ("gzip;q=0", False),
        ("*", True),
        ("*;q=0, gzip", True),
        ("*, gzip;q=0", False),
        ("identity", False),
        ("br", False),
    ],
)
def test_who_can_unpack_is_sent_less(header: str, *, is_welcome: bool) -> None:
    assert accepts_gzip(header) is is_welcome


@given(
    st.text()
    | st.lists(st.sampled_from([OPEN, "text/plain", ";", ",", "q=", "0.5", "version=", "="])).map("".join)
)
def test_nothing_that_is_said_is_an_error(header: str) -> None:
    chosen = exposition_for(header)
    assert chosen.format in Format
    assert chosen.escaping in {"", *ESCAPINGS}
    accepts_gzip(header)


def test_the_fallback_is_the_format_that_everybody_reads() -> None:
    assert PLAIN == (Format.TEXT, "0.0.4", "")
