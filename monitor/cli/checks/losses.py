"""Frames lost on the way, by the place where: the NIC, or the ring between the kernel and the sensor."""

from collections.abc import Iterator

from monitor.cli.checks._subject import Hearing, Remark, Subject, note, ok, warning

WORTH_A_NOTE = 0.001
"""Share of the frames since the interface came up."""
_MISSED = ("rx_missed_errors", "rx_fifo_errors", "rx_over_errors", "rx_crc_errors")
"""Lost in the NIC; ``rx_dropped`` also counts what nobody on the host wanted, and says nothing."""


def check(subject: Subject) -> Iterator[Remark]:
    """Yield what was lost while listening, and before."""
    for hearing in subject.hearings:
        if hearing.listened and hearing.counts is not None:
            yield from _meanwhile(hearing)
        if hearing.facts is not None:
            yield from _before(hearing)


def _meanwhile(hearing: Hearing) -> Iterator[Remark]:
    counts = hearing.counts
    if counts is None:
        return
    if counts.dropped_nic:
        yield warning(
            f"the NIC or its driver lost {counts.dropped_nic} frames while we listened",
            f"ethtool -S {hearing.name} | grep -iE 'drop|miss|err'; then ethtool -G {hearing.name} rx LIMIT",
            hearing.name,
        )
    if counts.dropped_ring:
        yield warning(
            f"the ring overflowed: {counts.dropped_ring} of {counts.seen} frames lost while we listened",
            'in the configuration: [capture] ring_size = "256MiB", and [sensor] workers = 2 or more',
            hearing.name,
        )
    if not counts.dropped_nic and not counts.dropped_ring:
        yield ok(f"none of {counts.seen} frames was lost on the way", hearing.name)


def _before(hearing: Hearing) -> Iterator[Remark]:
    statistics = {} if hearing.facts is None else hearing.facts.statistics
    missed = {name: statistics.get(name, 0) for name in _MISSED if statistics.get(name, 0)}
    total = statistics.get("rx_packets", 0)
    if sum(missed.values()) > WORTH_A_NOTE * max(total, 1):
        counts = ", ".join(f"{name} {amount}" for name, amount in missed.items())
        yield note(
            f"since it came up the NIC lost {sum(missed.values()) / max(total, 1):.2%} of {total} frames ({counts})",
            f"ethtool -S {hearing.name}",
            hearing.name,
        )


CHECK = check
