"""Whether the interface is there, up and connected."""

from collections.abc import Iterator

from monitor.capture.interface import InterfaceFacts, interface_names
from monitor.cli.checks._subject import Remark, Subject, fault, note, ok


def check(subject: Subject) -> Iterator[Remark]:
    """Yield the state of each interface."""
    if not subject.hearings:
        yield note(
            f"no interface was named; there are {', '.join(interface_names()) or 'none'}",
            "umbilical doctor INTERFACE",
        )
    for hearing in subject.hearings:
        if hearing.facts is None:
            yield fault(hearing.problem, "ip -brief link", hearing.name)
            continue
        yield _state(hearing.facts)
        if hearing.problem:
            yield fault(hearing.problem, "umbilical doctor, as root", hearing.name)
        if hearing.facts.link.is_cooked:
            yield note(
                "its link-layer header is the kernel's business (a tunnel, PPP or a modem); it is read from the IP header on",
                interface=hearing.name,
            )


def _state(facts: InterfaceFacts) -> Remark:
    if not facts.state.is_up:
        return fault("is down", f"ip link set dev {facts.name} up", facts.name)
    if not facts.state.has_carrier:
        return fault(
            "is up, but has no carrier: the cable, or the other end",
            f"ethtool {facts.name}    and look at the switch port",
            facts.name,
        )
    speed = "" if facts.speed_megabits is None else f", {facts.speed_megabits} Mbit/s"
    driver = "" if facts.driver.driver is None else f", driver {facts.driver.driver}"
    return ok(f"is up{speed}, MTU {facts.mtu_bytes}{driver}", facts.name)


CHECK = check
