from random import Random

from monitor.catalog.catalog import Catalog
from monitor.detect._matching import Traffic
from monitor.detect._source import Sources
from monitor.detect._transfer import Said, Transfer
from monitor.model.finding import Purpose
from tests.kit.acme import acme_catalog
from tests.kit.facts import make_finding, make_observation
from tests.kit.states import again, spoiled

SOURCES = Sources(acme_catalog())
SOURCE = SOURCES.of_updates(next(one for one in acme_catalog().signatures if one.id == "acme.fota-check"))
FINDING = make_finding(purpose=Purpose.FIRMWARE_UPDATE, details={"stages": ["download"], "url": "a/b"})


def test_the_end_of_a_flow_adds_its_bytes_to_what_was_said() -> None:
    end = make_observation("flow_end", at=9)
    added = Said.of(FINDING).with_bytes(end, Traffic(7, 9))
    assert (added.uplink_bytes, added.downlink_bytes, added.counts, added.saw) == (7, 9, False, "")
    assert (added.observation, added.identity, added.why) == (end, FINDING.identity, FINDING.why)
    assert (added.detector, added.signature, added.purpose, added.details) == (
        FINDING.detector,
        FINDING.signature,
        FINDING.purpose,
        FINDING.details,
    )


def test_a_transfer_outlives_a_restart() -> None:
    for once in (Transfer(SOURCE), Transfer(SOURCE, told=Said.of(FINDING))):
        assert Transfer.of_row(again(once.row()), SOURCES) == once


def test_after_a_restart_it_must_show_again_that_a_flow_can_be_read() -> None:
    after = Transfer.of_row(again(Transfer(SOURCE, readable=True).row()), SOURCES)
    assert after is not None
    assert not after.readable


def test_a_transfer_whose_signature_is_gone_is_dropped() -> None:
    row = Transfer(SOURCE, told=Said.of(FINDING)).row()
    assert Transfer.of_row(row, Sources(Catalog(vendors=[], signatures=[]))) is None


def test_a_transfer_of_another_shape_is_refused() -> None:
    refused = 0
    for row in spoiled(again(Transfer(SOURCE, told=Said.of(FINDING)).row()), Random(1), 300):
        try:
            after = Transfer.of_row(row, SOURCES)
        except ValueError:
            refused += 1
            continue
        if after is not None and after.told is not None:
            after.told.with_bytes(make_observation("flow_end"), Traffic(1, 1))
    assert refused > 100
