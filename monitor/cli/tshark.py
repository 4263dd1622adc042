"""Runs tshark once over a capture, through pyshark, and ends it in order."""

import asyncio
from collections.abc import Callable, Collection
from contextlib import suppress
from pathlib import Path
from typing import Any

from monitor.cli.words import safe

END_SECONDS = 1.0
"""How long tshark may take to end by itself once it has said all."""


def packets_from(
    program: str, capture: str, numbers: Collection[int], take: Callable[[Any], None]
) -> str | None:
    """Give ``take`` the packets with these numbers; return why tshark gave up, if it did."""
    from pyshark.capture.capture import TSharkCrashException
    from pyshark.tshark.tshark import TSharkVersionException

    loop = asyncio.new_event_loop()
    problem = None
    packets = _patient_capture()(
        str(Path(capture).absolute()),  # a name that begins with a dash is no option
        display_filter=f"frame.number in {{{', '.join(map(str, numbers))}}}",
        custom_parameters=["-c", str(max(numbers))],
        keep_packets=False,
        eventloop=loop,
        tshark_path=program,
    )
    try:
        for packet in packets:
            take(packet)
    except (TSharkCrashException, TSharkVersionException, OSError, ValueError) as error:
        problem = f"tshark gave up: {safe(str(error).partition(chr(10))[0])}"
    finally:
        _close(packets, loop, TSharkCrashException)
    return problem


def _patient_capture() -> Any:
    """Return pyshark's capture, but one that lets tshark end by itself."""
    import pyshark

    class Patient(pyshark.FileCapture):  # type: ignore[misc]  # it has no types
        async def _cleanup_subprocess(self, process: Any) -> None:
            # To kill a process that has just ended takes its exit status away from asyncio, which then says on stderr
            # that it does not know it ("Unknown child process pid").
            if self._eof_reached:
                with suppress(TimeoutError):
                    await asyncio.wait_for(process.wait(), END_SECONDS)
            await super()._cleanup_subprocess(process)

    return Patient


def _close(packets: Any, loop: asyncio.AbstractEventLoop, crash: type[Exception]) -> None:
    """End tshark and the loop; a crash was told already, or came after the last frame that we wanted."""
    try:
        packets.close()
    except (crash, OSError):
        packets._running_processes.clear()  # noqa: SLF001 - else its destructor asks the closed loop again
    loop.close()
