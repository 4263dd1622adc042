"""Compiles or loads the packet kernels before the first real frame: a ring does not wait for a compiler."""

from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from monitor.decode.decoder import prepare
from monitor.export.recorder import Recorder
from monitor.export.recorder import Settings as RecorderSettings
from monitor.flow.settings import Settings as FlowSettings
from monitor.model.frame import FRAME, FrameBatch, Interface
from monitor.pipeline.frame_ledger import FrameLedger
from monitor.pipeline.front import Front, Plan
from monitor.protocols._dispatch import News

_ETHERNET = 1
_FRAME = bytes.fromhex(
    "0200000000020200000000010800"  # Ethernet II (IEEE 802.3 clause 3), IPv4
    "4500001c000100004011f6ccc0000201c0000202"  # RFC 791 section 3.1, documentation addresses of RFC 5737
    "c000270f00080000"  # RFC 768, no payload
)
_INTERFACE = Interface(name="warm", capture="warm", link_type=_ETHERNET)
_NAME = "example.com"


def warm_up() -> None:
    """Make decode ready for every frame, and take one through decode and flow, the way the sensor will."""
    prepare()
    front = Front(_plan(), watchers=(FrameLedger([_INTERFACE]),))
    for _ in front.take(_batch()):
        pass
    for _ in front.finish():
        pass


def warm_up_recorder() -> None:
    """Record that frame, somewhere that is gone afterwards; does without where there is no such place."""
    with suppress(OSError), TemporaryDirectory() as folder:
        recorder = Recorder(Path(folder), RecorderSettings(memory="1MiB"), [_INTERFACE])
        front = Front(_plan(), watchers=(recorder,))
        for observation in front.take(_batch()):
            recorder.mark(observation.flow, (_NAME,), "warm", "warm")
        recorder.close()


def _plan() -> Plan:
    return Plan(
        captures=(),
        flow=FlowSettings(capacity=1),
        wanted=frozenset({"flow_start", "flow_end"}),
        seed=1,
        news=News(),
    )


def _batch() -> FrameBatch:
    frames = np.zeros(1, FRAME)
    frames["captured"] = frames["wire"] = len(_FRAME)
    frames["ts_ns"] = frames["number"] = 1
    frames["link_type"] = _ETHERNET
    return FrameBatch(buffer=np.frombuffer(_FRAME, np.uint8).copy(), frames=frames, first_ordinal=0)
