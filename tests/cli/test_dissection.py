import gzip
import lzma
import shutil
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest

from monitor.cli import dissection
from monitor.cli.dissection import HOW_TO_GET, Layer, dissect
from tests.cli.conftest import contact_pcap

needs_tshark = pytest.mark.skipif(shutil.which("tshark") is None, reason="needs tshark")
QUERY = (
    Layer("eth", ("02:51:00:00:00:17 → 02:00:5e:00:00:01",)),
    Layer("ip", ("10.0.4.17 → 10.0.0.53",)),
    Layer("udp", ("40000 → 53",)),
    Layer("dns", ("Name: cloudota.quectel.com", "Type: A (Host Address) (1)")),
)


@pytest.fixture(autouse=True)
def _pyshark_warns_of_its_own_future() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        yield


@needs_tshark
def test_a_frame_is_told_by_what_tells_most(contact: Path) -> None:
    told = dissect(str(contact), [3, 1, 1], full=False)
    assert told.problem is None
    assert {1, 3} == set(told.frames)
    assert QUERY == told.frames[1]
    assert told.frames[3][-1] == Layer("tcp", ("50000 → 8100",))


@needs_tshark
def test_everything_is_told_when_asked(contact: Path) -> None:
    layers = {layer.name: layer.lines for layer in dissect(str(contact), [1], full=True).frames[1]}
    assert "Transaction ID: 0x0007" in layers["dns"]
    assert len(layers["ip"]) > 10


@needs_tshark
@pytest.mark.parametrize("pack", [gzip.compress, lzma.compress], ids=["gzip", "xz"])
def test_a_packed_capture_is_read_too(tmp_path: Path, pack: object) -> None:
    path = tmp_path / "packed"
    assert callable(pack)
    path.write_bytes(pack(contact_pcap()))
    assert QUERY == dissect(str(path), [1], full=False).frames[1]


@needs_tshark
def test_of_a_large_capture_only_the_frames_are_given_to_tshark(
    contact: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dissection, "LARGE_BYTES", 0)
    told = dissect(str(contact), [1, 3], full=False)
    assert ({1, 3}, QUERY) == (set(told.frames), told.frames[1])


@needs_tshark
def test_a_frame_that_is_not_there_is_left_out(contact: Path) -> None:
    assert {} == dissect(str(contact), [99], full=False).frames


@needs_tshark
def test_a_capture_cut_short_is_dissected_up_to_there(tmp_path: Path) -> None:
    path = tmp_path / "cut.pcap"
    path.write_bytes(contact_pcap()[:-10])
    assert QUERY == dissect(str(path), [1, 3], full=False).frames[1]


def test_without_tshark_it_says_how_to_get_it(contact: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda _: None)
    assert ({}, HOW_TO_GET) == dissect(str(contact), [1], full=False)
