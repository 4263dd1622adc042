"""Who listens in the live benchmark: how each is started, how one sees that it listens, and what it says at its end."""

import importlib.util
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, NamedTuple, Protocol

from wire.network import Network

RECEIVER = Path(__file__).with_name("receiver.py")
ROOT = Path(__file__).parents[3]
START_SECONDS = 60
END_SECONDS = 30
SETTLE_SECONDS = 0.4


class Outcome(NamedTuple):
    """What one run of a contender gave."""

    frames: int
    dropped: int | None
    cpu_s: float


class Contender(Protocol):
    """One way to listen."""

    name: str

    def start(self, network: Network, capture: Path) -> None:
        """Start, and return when it listens."""
        ...

    def stop(self) -> Outcome:
        """Stop, and return what it got."""
        ...


class Script:
    """Listens with ``receiver.py``."""

    def __init__(self, name: str, how: str) -> None:
        self.name = name
        self._how = how

    def start(self, network: Network, capture: Path) -> None:
        command = [sys.executable, str(RECEIVER), self._how, network.watched_interface, str(capture)]
        self._process = subprocess.Popen(network.at_watched(command), stdout=subprocess.PIPE, text=True)
        self._output = _pipe(self._process)
        if self._output.readline().strip() != "ready":
            raise RuntimeError(f"{self.name} does not listen")

    def stop(self) -> Outcome:
        self._process.send_signal(signal.SIGTERM)
        told = json.loads(self._output.readline())
        self._process.wait(END_SECONDS)
        return Outcome(told["frames"], told["dropped"], told["cpu_s"])


class Tcpdump:
    """Writes to /dev/null; the CPU time is that of its whole life, which is short."""

    name = "tcpdump -w /dev/null"

    def start(self, network: Network, capture: Path) -> None:  # noqa: ARG002 - part of the contract
        interface = network.watched_interface
        command = ["tcpdump", "-Z", "root", "-i", interface, "-B", "65536", "-w", "/dev/null"]
        self._said = tempfile.TemporaryFile("w+")  # noqa: SIM115 - closed in ``stop``
        self._process = subprocess.Popen(network.at_watched(command), stderr=self._said)
        time.sleep(SETTLE_SECONDS)
        if self._process.poll() is not None:
            self._said.seek(0)
            raise RuntimeError(f"tcpdump does not listen: {self._said.read().strip()}")

    def stop(self) -> Outcome:
        self._process.send_signal(signal.SIGINT)
        _, status, used = os.wait4(self._process.pid, 0)
        self._process.returncode = os.waitstatus_to_exitcode(status)
        self._said.seek(0)
        text = self._said.read()
        self._said.close()
        return Outcome(
            _number(text, "packets captured"),
            _number(text, "packets dropped by kernel") + _number(text, "packets dropped by interface"),
            used.ru_utime + used.ru_stime,
        )


class Watch:
    """The whole sensor; its counters are those of its metrics."""

    name = "umbilical watch"
    _LISTEN = "127.0.0.1:9777"

    def __init__(self, workers: int = 1) -> None:
        self._workers = workers
        if workers > 1:
            self.name = f"umbilical watch --workers {workers}"

    def start(self, network: Network, capture: Path) -> None:  # noqa: ARG002 - part of the contract
        self._network = network
        program = ["-m", "monitor", "watch", network.watched_interface, "--listen", self._LISTEN, "--quiet"]
        more = ["--workers", str(self._workers)] if self._workers > 1 else []
        self._process = subprocess.Popen(
            network.at_watched([sys.executable, *program, *more]), cwd=ROOT, stdout=subprocess.DEVNULL
        )
        deadline = time.monotonic() + START_SECONDS
        while "umbilical_capture_up{" not in self._scrape():
            if time.monotonic() > deadline or self._process.poll() is not None:
                raise RuntimeError("umbilical watch does not listen")
            time.sleep(SETTLE_SECONDS)
        self._cpu_s = self._cpu()

    def stop(self) -> Outcome:
        cpu_s = self._cpu() - self._cpu_s
        time.sleep(1.2)  # the counters of the kernel are read once in a second
        text = self._scrape()
        self._process.send_signal(signal.SIGTERM)
        self._process.wait(END_SECONDS)
        seen = _sum(text, r"umbilical_frames_total\{[^}]*\}")
        dropped = _sum(text, r'umbilical_frames_dropped_total\{[^}]*reason="(?:nic|ring)"[^}]*\}')
        return Outcome(int(seen - dropped), int(dropped), cpu_s)

    def _scrape(self) -> str:
        return fetched(self._network, f"http://{self._LISTEN}/metrics")

    def _cpu(self) -> float:
        """Return the CPU time of the process and its children so far."""
        return sum(_cpu_of(process) for process in [self._process.pid, *processes_of(self._process.pid)])


_FETCH = "import sys, urllib.request as u; print(u.urlopen(sys.argv[1], timeout=5).read().decode())"


def contenders(only: Sequence[str], workers: int) -> list[Contender]:
    """Return those that are installed, of those that are asked for."""
    known: dict[str, Contender] = {
        "ring": Script("our ring alone", "ring"),
        "front": Script("our ring, decode and flow", "front"),
        "watch": Watch(workers),
        "tcpdump": Tcpdump(),
        "pcapy": Script("pcapy-ng", "pcapy"),
        "scapy": Script("scapy", "scapy"),
    }
    missing = set()
    if shutil.which("tcpdump") is None:
        missing.add("tcpdump")
    if importlib.util.find_spec("pcapy") is None:
        missing.add("pcapy")
    unknown = set(only) - known.keys()
    if unknown:
        raise SystemExit(f"--only knows {', '.join(known)}")
    return [one for name, one in known.items() if name not in missing and (not only or name in only)]


def _pipe(process: "subprocess.Popen[str]") -> IO[str]:
    if process.stdout is None:
        raise RuntimeError("no pipe")
    return process.stdout


def _number(text: str, what: str) -> int:
    found = re.search(rf"(\d+) {what}", text)
    return int(found[1]) if found else 0


def _sum(text: str, series: str) -> float:
    return sum(float(number) for number in re.findall(rf"^{series} (\S+)$", text, re.MULTILINE))


def _cpu_of(process: int) -> float:
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def fetched(network: Network, url: str) -> str:
    """Return what a web server at the watched end answers; empty when it does not."""
    command = network.at_watched([sys.executable, "-S", "-c", _FETCH, url])
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout


def processes_of(process: int) -> list[int]:
    """Return the processes that one has started, and theirs."""
    found: list[int] = []
    with suppress(OSError):  # they come and go
        for task in Path(f"/proc/{process}/task").iterdir():
            found += [int(child) for child in (task / "children").read_text().split()]
    return found + [grandchild for child in found for grandchild in processes_of(child)]
