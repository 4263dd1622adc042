"""The record of what could not be read."""

from monitor.capture.damage import Damage


def test_a_damage_reads_as_one_line_with_its_capture() -> None:
    damage = Damage(capture="a.pcap", offset=24, reason="the record at offset 24 claims 9 bytes")
    assert str(damage) == "a.pcap: the record at offset 24 claims 9 bytes"
