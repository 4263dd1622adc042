"""Compiles every packet kernel into NUMBA_CACHE_DIR while an image is built, by running the program on a little of everything.

The kernel of the ring needs an interface: loopback, which every build has, and the right to listen on it. Where a
builder does not give it, that one kernel is compiled at the first start instead.
"""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

PROGRAM = (sys.executable, "-I", str(Path(sys.executable).with_name("umbilical")))
PATIENCE_SECONDS = 120.0
DISCARD = ("127.0.0.1", 9)
RING = "_ring_kernel.*"
REFUSED = 2
"""Exit status of the program when it may not listen."""


def main() -> int:
    """Compile, and say what there is."""
    folder = Path(os.environ["NUMBA_CACHE_DIR"])
    subprocess.run([*PROGRAM, "demo"], check=True, stdout=subprocess.DEVNULL)
    ended = listen(folder)
    if ended not in {None, 0, REFUSED}:
        print(f"the sensor ended with {ended} instead of listening")
        return 1
    kernels = sorted(path.stem.rpartition("-")[0] for path in folder.rglob("*.nbi"))
    print("\n".join(["compiled:", *kernels]))
    if not has_ring(folder):
        print("not compiled: the ring; it is at the first start, which takes some seconds longer")
    return 0 if kernels else 1


def listen(folder: Path) -> int | None:
    """Listen on loopback until the ring's kernel is there; returns how the sensor ended when it did so by itself."""
    command = [*PROGRAM, "watch", "lo", "--quiet", "--listen", ""]
    process = subprocess.Popen(
        command, env={name: value for name, value in os.environ.items() if name != "STATE_DIRECTORY"}
    )
    try:
        for _ in datagrams():
            if has_ring(folder) or process.poll() is not None:
                break
        return process.poll()
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(PATIENCE_SECONDS)


def datagrams() -> Iterator[None]:
    """Give the ring something to read."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        while time.monotonic() < deadline:
            sender.sendto(b"umbilical", DISCARD)
            time.sleep(0.1)
            yield


def has_ring(folder: Path) -> bool:
    """Whether the ring's kernel has been compiled."""
    return any(folder.rglob(f"{RING}.nbc"))


if __name__ == "__main__":
    sys.exit(main())
