"""Off-loads of the NIC that build frames which were never on the wire, or take something away from them."""

from collections.abc import Iterator

from monitor.cli.checks._subject import Hearing, Remark, Subject, note, ok, warning

JOINS_RECEIVED = ("gro", "lro")
JOINS_SENT = ("tso", "gso")


def check(subject: Subject) -> Iterator[Remark]:
    """Yield which off-loads disturb."""
    for hearing in subject.hearings:
        if hearing.facts is not None:
            yield from _of(hearing)


def _of(hearing: Hearing) -> Iterator[Remark]:
    facts = hearing.facts
    on = {name for name, is_on in facts.driver.off_loads.items() if is_on} if facts is not None else set()
    joins = [name for name in JOINS_RECEIVED if name in on]
    heard = hearing.heard
    if heard.super_frames:
        names = joins or [name for name in JOINS_SENT if name in on] or list(JOINS_RECEIVED)
        yield warning(
            f"{heard.super_frames} frames are longer than the wire allows (up to {heard.longest_bytes} bytes):"
            " an off-load joined them; their number and times are not those of the wire",
            _switch_off(hearing.name, names),
            hearing.name,
        )
    elif joins:
        yield note(
            f"{' and '.join(joins)} would join frames of one connection; bytes stay right, frame counts do not",
            _switch_off(hearing.name, joins),
            hearing.name,
        )
    else:
        yield ok("no off-load joins received frames", hearing.name)
    if "rx-vlan" in on:
        yield ok("the NIC takes VLAN tags off; they are put back from the ring", hearing.name)


def _switch_off(name: str, off_loads: list[str]) -> str:
    return f"ethtool -K {name} {' '.join(f'{one} off' for one in off_loads)}"


CHECK = check
