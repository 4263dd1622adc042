import io
import socket

import pytest

from monitor.capture import pipe, sniffer
from monitor.capture.choose import sources
from monitor.capture.settings import Settings

SETTINGS = Settings(ring_size_bytes=1 << 20)


def test_a_pipe_stands_alone_and_has_one_reader() -> None:
    with pytest.raises(ValueError, match="'-' reads a pipe: name it alone"):
        sources(["eth0", "-"], SETTINGS)
    with pytest.raises(ValueError, match="a pipe has one reader: watch with one worker, not 2"):
        sources(["-"], SETTINGS, workers=2)


def test_a_dash_is_a_pipe(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipe, "Pipe", io.StringIO)
    [source] = sources(["-"], SETTINGS)
    assert isinstance(source, io.StringIO)


def test_an_interface_is_a_ring() -> None:
    with pytest.raises(ValueError, match="no interface 'nowhere0'"):
        sources(["nowhere0"], SETTINGS)


def test_without_rings_scapy_listens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(socket, "AF_PACKET")
    monkeypatch.setattr(sniffer, "Sniffer", lambda names, _settings: io.StringIO(*names))
    [source] = sources(["en0"], SETTINGS)
    assert isinstance(source, io.StringIO)
    assert source.getvalue() == "en0"
    with pytest.raises(ValueError, match="scapy has one reader"):
        sources(["en0"], SETTINGS, workers=2)
