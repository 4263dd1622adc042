"""Listens at an interface for a few seconds, for ``umbilical doctor``."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from monitor.capture.interface import InterfaceFacts, facts_of
from monitor.capture.live import Live
from monitor.capture.settings import Settings
from monitor.cli.checks._subject import Hearing
from monitor.pipeline.listening import Listening, Place

_SYSFS = Path("/sys/class/net")

Open = Callable[[list[str], Settings], Any]


def hearing_at(name: str, seconds: float, settings: Settings, opened: Open = Live) -> Hearing:
    """Return what was heard; what went wrong is part of it."""
    try:
        facts = facts_of(name)
    except (ValueError, OSError) as error:
        return Hearing(name=name, problem=str(error))
    if not seconds or not facts.state.is_up:
        return Hearing(name=name, facts=facts)
    try:
        source = opened([name], settings)
    except OSError as error:
        return Hearing(name=name, facts=facts, problem=error.strerror or str(error))
    except ValueError as error:
        return Hearing(name=name, facts=facts, problem=str(error))
    try:
        return _listened(source, facts, seconds)
    finally:
        source.close()


def _listened(source: Any, facts: InterfaceFacts, seconds: float) -> Hearing:
    place = Place(mtu_bytes=facts.mtu_bytes, own_macs=_own_macs())
    listening = Listening(place)
    before = source.counts()[0]
    began = time.monotonic()
    for batch in source.batches():
        listening.take(batch)
        if time.monotonic() - began >= seconds:
            source.stop()
    lasted = time.monotonic() - began
    return Hearing(
        name=facts.name,
        facts=facts,
        seconds=lasted,
        heard=listening.heard(),
        counts=source.counts()[0] if before else None,
        clock_jumps=source.tally["clock_jumps"],
    )


def _own_macs() -> frozenset[int]:
    """Return the addresses of every interface: a bridge or a bond answers by those of others."""
    macs = set()
    for path in _SYSFS.glob("*/address"):
        try:
            macs.add(int(path.read_text("ascii").strip().replace(":", "") or "0", 16))
        except (OSError, ValueError):
            continue
    return frozenset(macs - {0})
