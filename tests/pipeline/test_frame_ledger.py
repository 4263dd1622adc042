"""Every frame of every interface is processed, ignored or lost."""

import numpy as np

from monitor.model.frame import FRAME, FrameBatch, Interface
from monitor.model.packet import PACKET, Outcome, PacketBatch
from monitor.pipeline.frame_ledger import FrameLedger, Outcomes, merged


def _interface(name: str) -> Interface:
    return Interface(name=name, capture=name, link_type=1)


def _see(ledger: FrameLedger, rows: list[tuple[int, Outcome]]) -> None:
    frames, packets = np.zeros(len(rows), FRAME), np.zeros(len(rows), PACKET)
    frames["wire"] = 100
    for frame, packet, (interface, outcome) in zip(frames, packets, rows, strict=True):
        frame["interface"], packet["outcome"] = interface, outcome
    buffer = np.zeros(0, np.uint8)
    ledger.see(
        FrameBatch(buffer=buffer, frames=frames, first_ordinal=7),
        PacketBatch(packets=packets, buffer=buffer, pool=buffer, first_ordinal=7, clock_ns=0),
    )


def test_the_books_of_each_interface_add_up() -> None:
    ledger = FrameLedger([_interface("tap0"), _interface("tap1")])
    _see(ledger, [(0, Outcome.PACKET), (0, Outcome.NOT_IP), (1, Outcome.MALFORMED), (1, Outcome.PACKET)])
    outcomes = ledger.outcomes()
    assert outcomes["tap0"].processed == 1
    assert outcomes["tap0"].ignored["not_ip"] == 1
    assert outcomes["tap1"].dropped["malformed"] == 1
    assert [one.seen for one in outcomes.values()] == [2, 2]
    assert outcomes["tap1"].wire_bytes == 200


def test_every_outcome_has_its_place() -> None:
    ledger = FrameLedger([_interface("tap0")])
    _see(ledger, [(0, outcome) for outcome in Outcome])
    assert ledger.outcomes()["tap0"].seen == len(Outcome)


def test_an_interface_may_come_later() -> None:
    interfaces = [_interface("tap0")]
    ledger = FrameLedger(interfaces)
    _see(ledger, [(0, Outcome.PACKET)])
    interfaces.append(_interface("tap1"))
    _see(ledger, [(1, Outcome.PACKET)])
    assert [one.processed for one in ledger.outcomes().values()] == [1, 1]


def test_workers_are_added_up() -> None:
    one = {"tap0": Outcomes(1, {"not_ip": 2}, {"malformed": 3}, 4)}
    assert merged([one, one]) == {"tap0": Outcomes(2, {"not_ip": 4}, {"malformed": 6}, 8)}
