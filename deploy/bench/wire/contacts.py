"""Lets devices that nobody has seen before contact a vendor, one for each line on stdin; answers with the time of sending.

    contacts.py INTERFACE    takes a number on each line, and answers in nanoseconds since the epoch

The contact is a datagram to a hard-coded address of the catalog (signatures/airm2m.yaml), so it is known which alert is due.
"""

import socket
import struct
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wire.network import Network

REMOTE, PORT, SIGNATURE = "47.94.236.172", 12388, "airm2m.mreport"
PAYLOAD = b'{"sv":"1.0","imei":"867488060000000","type":"mreport"}'
_UDP = 17


class Contacts:
    """The devices, in a process at the sender's end."""

    def __init__(self, wire: "Network") -> None:
        command = [sys.executable, str(Path(__file__)), wire.sender_interface]
        self.alert_ids: list[str] = []
        """Of the alerts that are due, in order."""
        self._process = subprocess.Popen(
            wire.at_sender(command), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def next(self) -> int:
        """Let a new device make contact; return when, in nanoseconds since the epoch."""
        from monitor.alert.identity import alert_id  # noqa: PLC0415 - the process at the other end needs nothing of us

        number = len(self.alert_ids)
        self.alert_ids.append(alert_id("vendor_contact", (SIGNATURE, mac_of(number).hex(":"))))
        if self._process.stdin is None or self._process.stdout is None:
            raise RuntimeError("no pipe")
        print(number, file=self._process.stdin, flush=True)
        return int(self._process.stdout.readline())

    def close(self) -> None:
        """No more of them."""
        self._process.kill()
        self._process.wait()


def mac_of(number: int) -> bytes:
    """Return the MAC address of a device."""
    return b"\x02\x77" + struct.pack("!I", number)


def frame_of(number: int) -> bytes:
    """Return the frame of its contact."""
    source = bytes((10, 77, *divmod(number % 65_536, 256)))
    udp = struct.pack("!HHHH", 40_000 + number % 20_000, PORT, 8 + len(PAYLOAD), 0) + PAYLOAD
    ends = source + socket.inet_aton(REMOTE)
    head = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(udp), number & 0xFFFF or 1, 0, 64, _UDP, 0) + ends
    return bytes.fromhex("02ffffffff01") + mac_of(number) + b"\x08\x00" + head + udp


def main() -> None:
    """Send until stdin ends."""
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as raw:
        raw.bind((sys.argv[1], 0))
        for line in sys.stdin:
            frame = frame_of(int(line))
            now_ns = time.time_ns()
            raw.send(frame)
            print(now_ns, flush=True)


if __name__ == "__main__":
    main()
