"""Whether the rings, of the NIC and between the kernel and the sensor, hold what comes while the sensor is busy."""

from collections.abc import Iterator

from monitor.capture.interface import InterfaceFacts
from monitor.cli.checks._subject import Hearing, Remark, Subject, note, ok, warning
from monitor.model.size import size_text

ENOUGH_SECONDS = 0.5
"""A reload or a checkpoint takes the processor away for less."""
MAX_ADVISED_BYTES = 1 << 32
_HEADER_BYTES = 80
"""Of a frame in the ring (tpacket3_hdr, sockaddr_ll), about."""
_BITS_PER_BYTE = 8


def check(subject: Subject) -> Iterator[Remark]:
    """Yield how long a ring lasts at what was heard, and at the speed of the wire."""
    settings = subject.checked.config.settings("capture")
    for hearing in subject.hearings:
        if hearing.listened:
            yield _own_ring(hearing, settings.ring_size_bytes)
        if hearing.facts is not None:
            yield from _nic_ring(hearing.facts, hearing)


def _own_ring(hearing: Hearing, ring_bytes: int) -> Remark:
    heard = hearing.heard
    rate = (heard.frame_bytes + _HEADER_BYTES * heard.frames) / hearing.seconds
    speed = None if hearing.facts is None else hearing.facts.speed_megabits
    lasts = [f"{_lasts(ring_bytes, rate)} at what was heard"] if rate else []
    lasts += [f"{_lasts(ring_bytes, speed * 1e6 / _BITS_PER_BYTE)} at the speed of the wire"] if speed else []
    text = f"a ring of {size_text(ring_bytes)}" + (f" lasts {', '.join(lasts)}" if lasts else "")
    if rate and ring_bytes / rate < ENOUGH_SECONDS:
        return warning(text, f'in the configuration: [capture] ring_size = "{_advised(rate)}"', hearing.name)
    return ok(text, hearing.name)


def _lasts(ring_bytes: int, rate: float) -> str:
    seconds = ring_bytes / rate
    return f"{seconds * 1000:.0f} ms" if seconds < 1 else f"{min(seconds, 3600):,.0f} s"


def _advised(rate: float) -> str:
    """Return the next power of two that lasts a second."""
    return size_text(min(1 << (int(rate) - 1).bit_length(), MAX_ADVISED_BYTES))


def _nic_ring(facts: InterfaceFacts, hearing: Hearing) -> Iterator[Remark]:
    size, limit = facts.driver.ring_frames, facts.driver.ring_frames_limit
    if not size or not limit or size >= limit:
        return
    text = f"the NIC's own ring has {size} of {limit} places"
    command = f"ethtool -G {facts.name} rx {limit}"
    if hearing.counts is not None and hearing.counts.dropped_nic:
        yield warning(f"{text}, and frames are lost there", command, facts.name)
    else:
        yield note(text, command, facts.name)


CHECK = check
