"""Which source listens to what an operator named: a ring for interfaces, a pipe for ``-``, scapy where there is no ring."""

import socket
from collections.abc import Sequence

from monitor.capture.bytestream import STDIN
from monitor.capture.settings import Settings
from monitor.capture.source import Source


def sources(names: Sequence[str], settings: Settings, workers: int = 1) -> list[Source]:
    """Open one source for each worker; raises ValueError or OSError with what to do.

    A source may have a text ``warning`` for the operator.
    """
    if STDIN in names:
        return [_pipe(names, workers)]
    if hasattr(socket, "AF_PACKET"):
        from monitor.capture.live import Live  # noqa: PLC0415 - there is nothing to import elsewhere

        return [*Live.team(names, settings, workers)]
    _check_one(workers, "scapy")
    from monitor.capture.sniffer import Sniffer  # noqa: PLC0415 - seldom needed

    return [Sniffer(names, settings)]


def _pipe(names: Sequence[str], workers: int) -> Source:
    if len(names) > 1:
        raise ValueError("'-' reads a pipe: name it alone, without interfaces")
    _check_one(workers, "a pipe")
    from monitor.capture.pipe import Pipe  # noqa: PLC0415 - as the others

    return Pipe()


def _check_one(workers: int, source: str) -> None:
    if workers > 1:
        raise ValueError(f"{source} has one reader: watch with one worker, not {workers}")
