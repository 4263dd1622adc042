"""Whether what is heard is what a mirror port should deliver: the traffic of others, both directions, once."""

from collections.abc import Iterator

from monitor.cli.checks._subject import Hearing, Remark, Subject, fault, note, ok, warning
from monitor.model.instant import SECOND_NS
from monitor.pipeline.listening import Heard

ENOUGH_CONVERSATIONS = 5
"""Fewer judge no mirror port."""
ONE_WAY_SHARE = 0.3
COPY_SHARE = 0.05
UNREADABLE_SHARE = 0.01
_UNREADABLE = ("unknown_link_type", "opaque", "too_deep", "malformed")
_BOTH = "mirror both directions, on Cisco IOS: monitor session 1 source interface Gi1/0/1 both"


def check(subject: Subject) -> Iterator[Remark]:
    """Yield what was heard, and what is odd about it."""
    for hearing in subject.hearings:
        if not hearing.listened:
            continue
        if not hearing.heard.frames:
            yield _silence(hearing)
            continue
        yield ok(_amount(hearing.heard, hearing.seconds), hearing.name)
        for remark in _odd(hearing.heard):
            yield remark._replace(interface=hearing.name)


def _silence(hearing: Hearing) -> Remark:
    return warning(
        f"nothing was heard in {hearing.seconds:.0f} s",
        f"look at the mirror session of the switch; longer: umbilical doctor {hearing.name} --seconds 60",
        hearing.name,
    )


def _amount(heard: Heard, seconds: float) -> str:
    span = max(heard.span_ns / SECOND_NS, seconds)
    tunnels = f", tunnels: {', '.join(heard.tunnels)}" if heard.tunnels else ""
    tags = f", {heard.tagged / heard.frames:.0%} with VLAN tags" if heard.tagged else ""
    return (
        f"heard {heard.frames / span:,.0f} frames/s, {heard.frame_bytes * 8 / span / 1e6:,.1f} Mbit/s,"
        f" {heard.conversations} TCP connections{tags}{tunnels}"
    )


def _odd(heard: Heard) -> Iterator[Remark]:
    if not heard.packets:
        yield fault(
            f"none of {heard.frames} frames holds an IP packet that can be read: {_most(heard)}",
            "tcpdump -c 5 -xx -ni INTERFACE shows what it is",
        )
        return
    if not heard.foreign:
        yield warning(
            "only broadcasts and what is for this host: this is no mirror port, or its session is off",
            "look at the mirror session of the switch, on Cisco IOS: show monitor session all",
        )
    if heard.conversations < ENOUGH_CONVERSATIONS:
        yield note("too few TCP connections to tell a one-way mirror", "listen longer: --seconds 60")
    elif heard.one_way >= ONE_WAY_SHARE * heard.conversations:
        yield warning(
            f"{heard.one_way} of {heard.conversations} TCP connections show one direction only", _BOTH
        )
    if heard.copies >= COPY_SHARE * heard.packets:
        yield warning(
            f"{heard.copies / heard.packets:.0%} of the packets are delivered twice",
            "mirror each packet once, on Cisco IOS: monitor session 1 source vlan 10 rx",
        )
    unreadable = sum(heard.outcomes.get(name, 0) for name in _UNREADABLE)
    if unreadable >= UNREADABLE_SHARE * heard.frames:
        yield warning(
            f"{unreadable / heard.frames:.1%} of the frames cannot be read: {_most(heard)}",
            "tcpdump -c 5 -xx -ni INTERFACE shows what they are",
        )


def _most(heard: Heard) -> str:
    """Return why most of the frames are no packets."""
    reasons = {name: amount for name, amount in heard.outcomes.items() if name != "packet"}
    return max(reasons, key=lambda name: reasons[name]).replace("_", " ")


CHECK = check
