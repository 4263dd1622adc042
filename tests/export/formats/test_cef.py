import re
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from monitor.export.formats.cef import FORMAT, SEVERITIES
from monitor.model.finding import Severity
from tests.kit.receivers import make_origin, make_record

ORIGIN = make_origin(Path())
_PAIR = re.compile(r"(?:^| )([A-Za-z0-9]+)=((?:[^=\\]|\\.)*?)(?= [A-Za-z0-9]+=|$)")


def header(line: str) -> list[str]:
    """Split at unescaped bars and take the escapes away."""
    parts = re.split(r"(?<!\\)(?:\\\\)*\|", line, maxsplit=7)
    assert len(parts) == 8
    return parts


def extension(line: str) -> dict[str, str]:
    """Read the extension as a receiver does."""
    pairs = dict(_PAIR.findall(header(line)[7]))
    return {
        name: re.sub(r"\\(.)", lambda one: {"n": "\n", "r": "\r"}.get(one[1], one[1]), value)
        for name, value in pairs.items()
    }


def test_an_alert_is_a_line_of_cef() -> None:
    line = FORMAT(make_record(1), ORIGIN)
    assert line.startswith(
        "CEF:0|Umbilical|umbilical|1.2.3|acme.fota-check|Acme Wireless: Firmware update poll|3|"
    )
    told = extension(line)
    assert told["src"] == "10.0.4.17"
    assert told["rt"] == "1800000000000"
    assert (told["cs1Label"], told["cs1"]) == ("vendor", "acme")
    assert told["msg"] == make_record()["why"]
    assert (told["externalId"], told["act"]) == ("0000000000000001", "firing")


def test_what_is_not_known_is_left_out() -> None:
    told = extension(FORMAT(make_record(remote_ip=None, remote_port=None, vendor=None, evidence=[]), ORIGIN))
    assert not {"dst", "dpt", "cs1", "cs1Label", "cs6"} & told.keys()


def test_bars_and_backslashes_of_the_header_are_escaped() -> None:
    line = FORMAT(make_record(title="a|b\\c\nd=e"), ORIGIN)
    assert "|a\\|b\\\\c d=e|" in line


@given(st.text(max_size=400))
def test_whatever_a_packet_chose_the_line_stays_one_and_says_it(text: str) -> None:
    line = FORMAT(make_record(why=f"x{text}x", title=text), ORIGIN)
    assert "\n" not in line
    assert "\r" not in line
    told = extension(line)
    expected = re.sub(r"\r\n|[\r\u2028\u2029\x85]", "\n", f"x{text}x")
    assert told["msg"] == re.sub(r"[\x00-\x09\x0b-\x1f\x7f]", " ", expected)
    assert told["src"] == "10.0.4.17"


def test_long_values_are_cut() -> None:
    assert len(extension(FORMAT(make_record(why="x" * 5000), ORIGIN))["msg"]) == 1023


def test_severities_are_complete() -> None:
    assert set(SEVERITIES) == set(Severity)
