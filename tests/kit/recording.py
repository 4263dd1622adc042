"""Captures through front, back and recorder, joined as the sensor joins them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from monitor.alert.identity import alert_id
from monitor.capture.replay import Replay
from monitor.decode.decoder import Decoder
from monitor.export.record_note import Note, read
from monitor.export.recorder import Recorder, Settings, Share
from monitor.model.frame import FRAME, FrameBatch, Interface
from monitor.pipeline.back import Back, Outputs
from monitor.pipeline.front import Front, Plan
from tests.kit.house import SEED, fresh_site

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from monitor.model.alert import Alert
    from monitor.model.finding import Finding
    from monitor.model.packet import PacketBatch
    from tests.kit.frames import Frame

SMALL = Settings(memory="4MiB")
ETH1 = Interface(name="eth1", capture="eth1", link_type=1)


@dataclass(frozen=True, slots=True)
class Read:
    """A packet of a recording."""

    ts_ns: int
    content: bytes
    wire_bytes: int
    interface: Interface
    note: Note


class Wire:
    """A live interface that shows what it is told."""

    def __init__(self) -> None:
        self.interfaces = [ETH1]
        self._decoder = Decoder()
        self._ordinal = 0

    def batches(
        self, frames: Iterable[Frame], interface: int = 0
    ) -> Iterator[tuple[FrameBatch, PacketBatch]]:
        """Yield frames as one batch, as front hands it to those who watch."""
        shown = list(frames)
        rows = np.zeros(len(shown), FRAME)
        offset = 0
        for number, (row, frame) in enumerate(zip(rows, shown, strict=True), self._ordinal + 1):
            row["offset"], row["captured"], row["wire"] = offset, len(frame.content), frame.wire_bytes
            row["ts_ns"], row["number"] = frame.ts_ns, number
            row["interface"], row["link_type"] = interface, frame.link_type
            offset += len(frame.content)
        buffer = np.frombuffer(b"".join(frame.content for frame in shown), np.uint8)
        batch = FrameBatch(buffer=buffer, frames=rows, first_ordinal=self._ordinal)
        self._ordinal += len(shown)
        for packets in self._decoder.decode(batch):
            yield batch, packets

    def show(self, recorder: Recorder, frames: Iterable[Frame], interface: int = 0) -> None:
        """Let a recorder see frames in one batch."""
        for batch, packets in self.batches(frames, interface):
            recorder.see(batch, packets)


def read_back(folder: Path) -> list[Read]:
    """Return every packet of a recording, file after file."""
    found: list[Read] = []
    for path in sorted(folder.glob("umbilical-*.pcapng")):
        source = Replay([str(path)])
        for batch in source.batches():
            for place, row in enumerate(batch.frames):
                start = int(row["offset"])
                note = read(batch.comments[batch.first_ordinal + place])
                assert note is not None
                content = batch.buffer[start : start + int(row["captured"])].tobytes()
                interface = source.interfaces[int(row["interface"])]
                found.append(Read(int(row["ts_ns"]), content, int(row["wire"]), interface, note))
        assert source.damage == []
    return found


def record(
    captures: list[str],
    folder: Path,
    *,
    settings: Settings = SMALL,
    share: Share | None = None,
    config: Path | None = None,
    batch_frames: int | None = None,
) -> tuple[list[Alert], Recorder]:
    """Replay captures with a recorder beside; returns the alerts when their stories are over."""
    site = fresh_site(config)
    source = Replay(captures) if batch_frames is None else Replay(captures, batch_frames)
    recorder = Recorder(folder, settings, source.interfaces, share)
    alerts: list[Alert] = []

    def mark(finding: Finding) -> None:
        observation = finding.observation
        names = () if observation.remote_name is None else (observation.remote_name,)
        recorder.mark(observation.flow, names, alert_id(finding.detector, finding.identity), finding.title)

    outputs = Outputs(story=alerts.append, finding=mark)
    back = Back(site, outputs, source.interfaces)
    plan = Plan(
        captures=(),
        flow=site.config.settings("flow"),
        wanted=Back.wanted(site, outputs),
        news=Back.news(site, outputs),
        home=Back.silent_networks(site, outputs),
        seed=SEED,
    )
    front = Front(plan, watchers=(recorder,))
    for batch in source.batches():
        for observation in front.take(batch):
            back.take(observation)
    for observation in front.finish():
        back.take(observation)
    back.finish(front.health().clock_ns)
    recorder.close()
    return alerts, recorder
