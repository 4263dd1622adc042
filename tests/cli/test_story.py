from monitor.cli.story import evidence_of, seen, story
from tests.kit.acme import acme_catalog

ALERT = {
    "alert_id": "0f614e46cd0f5dd7",
    "state": "firing",
    "severity": "low",
    "signature": "acme.fota-check",
    "title": "Acme Wireless: Firmware update poll",
    "why": "meter-17 asked DNS for fota.acme.example.",
    "device": "meter-17",
    "device_ip": "10.0.4.17",
    "remote_ip": "198.51.100.7",
    "remote_port": 443,
    "remote_name": "fota.acme.example",
    "country": "CN",
    "asn": 64500,
    "count": 2,
    "first_seen": "2027-01-15T08:00:00.000000000Z",
    "last_seen": "2027-01-15T09:00:00.000000000Z",
    "uplink_bytes": 100,
    "downlink_bytes": 200,
    "image_sha256": "00ff",
    "evidence": [{"capture": "a.pcap", "frame": 7, "time": "2027-01-15T08:00:00.000000000Z", "saw": "x = y"}],
}
PUBLISHED = frozenset(ALERT) - {"image_sha256"}


def told(alert: dict[str, object], width: int = 100) -> str:
    return "\n".join(line.text for line in story(alert, acme_catalog(), width, PUBLISHED))


def test_the_story_tells_who_whom_when_why_and_what_supports_it() -> None:
    text = told(ALERT)
    for words in (
        "Acme Wireless: Firmware update poll [low, firing, alert 0f614e46cd0f5dd7]",
        "meter-17 (10.0.4.17) → fota.acme.example (198.51.100.7, port 443, CN, AS64500)",
        "2 findings from 2027-01-15 08:00:00 to 2027-01-15 09:00:00 UTC; 100 bytes from the device, 200 to it",
        "  meter-17 asked DNS for fota.acme.example.",
        "  image_sha256: 00ff",
        "dns.query (name asked for) is fota.acme.example or below it",
        "- vendor-document: AC100 manual",
        "  The host application may ask on purpose.",
    ):
        assert words in text


def test_lines_keep_the_width() -> None:
    assert max(map(len, told(ALERT, 60).splitlines())) <= 60


def test_an_unknown_signature_is_told() -> None:
    assert "acme.gone is not among the loaded signatures" in told({**ALERT, "signature": "acme.gone"})


def test_a_line_with_nothing_but_an_id_still_tells_something() -> None:
    assert "alert abcd" in told({"alert_id": "abcd", "evidence": "none", "title": None})


def test_hostile_text_is_escaped() -> None:
    text = told({**ALERT, "why": "\x1b[2J\u202e", "device": "\x07", "url\x1b": "\x1b"})
    assert not set("\x1b\u202e\x07") & set(text)


def test_evidence_without_a_frame_is_left_out() -> None:
    entries = [{"frame": 1}, {"frame": "1"}, {"frame": 0}, {"frame": 1 << 70}, {}, 5]
    assert [{"frame": 1}] == evidence_of({"evidence": entries})
    assert [] == evidence_of({"evidence": None})
    assert [] == evidence_of({})


def test_evidence_is_told_in_a_line() -> None:
    (entry,) = evidence_of(ALERT)
    assert "frame 7 of a.pcap, 2027-01-15 08:00:00: x = y" == seen(entry)
