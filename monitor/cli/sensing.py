"""Puts the sensor together: opens what it listens to while there are rights, gives those away, and then listens.

The order is the point of this file: the sockets; the workers, which share them; the account without rights; and then what
has threads: outputs and web server.
"""

import socket
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from dataclasses import replace
from functools import partial
from pathlib import Path

from monitor import __version__
from monitor.capture.choose import sources as opened_sources
from monitor.capture.filter import check as check_filter
from monitor.capture.source import Source
from monitor.cli.account import Account, account_for, check_writable, hand_over, live_at_home
from monitor.cli.claim import Claim
from monitor.cli.failure import ExitStatus, say
from monitor.cli.fitting import fitted_to, narrowness
from monitor.cli.folders import own_folders, written_folders
from monitor.cli.notify import Notifier
from monitor.cli.privileges import Dropped, drop_privileges
from monitor.cli.reloading import Reloading, Renewal
from monitor.cli.remembering import Memory
from monitor.cli.signals import handled
from monitor.cli.status_line import StatusLine
from monitor.cli.telling import Teller, as_json, as_line
from monitor.cli.waiting import waiting_keys
from monitor.cli.wish import PIPE, Wish
from monitor.config.reader import load as load_config
from monitor.config.tree import Config
from monitor.export.board import Board
from monitor.export.outbox import Outbox, OutboxPlan, prepare
from monitor.export.recorder import Recorder, Share
from monitor.export.web import WebServer
from monitor.model.alert import Alert
from monitor.pipeline.back import Outputs
from monitor.pipeline.collector import calm_collector
from monitor.pipeline.condition import Circumstances, Condition
from monitor.pipeline.front import Plan
from monitor.pipeline.live import LiveStream, LocalLive
from monitor.pipeline.live_worker import Ways
from monitor.pipeline.live_workers import LiveWorkers
from monitor.pipeline.planning import plan_of
from monitor.pipeline.sensor import Sensor, Surroundings
from monitor.pipeline.site import Overrides, Site, open_site
from monitor.pipeline.stream import StreamLost
from monitor.pipeline.warm import warm_up, warm_up_recorder

CLOSING_SECONDS = 5.0
"""How long alerts may still go out when the sensor is told to end; what is left waits on disk."""
KERNEL_SECONDS = 120
"""More time to start than usual, while kernels are compiled."""


class Sensing:
    """A sensor with everything around it; raises ValueError and OSError for what a person can mend."""

    def __init__(self, wish: Wish) -> None:
        self._wish = wish
        self._notifier = Notifier()
        self._status = StatusLine(hidden=wish.quiet)
        self._stack = ExitStack()
        self._stack.callback(self._status.close)
        with ExitStack() as undo:
            undo.callback(self._stack.close)
            self._open()
            undo.pop_all()

    def run(self) -> ExitStatus:
        """Listen until the source ends or a signal comes, and give everything back."""
        with handled(self._stream.stop, self._reloading.begin):
            self._notifier.ready(self._listening)
            self._mention(self._listening)
            try:
                self._sensor.run()
                self._status.close()
                self._notifier.stopping()
                self._end()
            except (StreamLost, OSError) as error:
                self._status.close()
                say(f"{error}; what was learnt up to the last checkpoint is kept")
                return ExitStatus.BROKEN
            except ValueError as error:  # of a pipe whose writer took its time
                self._status.close()
                say(str(error))
                return ExitStatus.WRONG_INPUT
            finally:
                self.close()  # a second signal shall not cut off alerts that are on their way
        return self._damage()

    def _damage(self) -> ExitStatus:
        """Say what of a pipe could not be read."""
        damages = getattr(self._source, "damage", ())
        for damage in damages:
            say(f"{damage} at offset {damage.offset}; everything before it was processed")
        return ExitStatus.DAMAGED if damages else ExitStatus.CLEAN

    def close(self) -> None:
        """Give everything back, in the opposite order."""
        self._stack.close()

    def _open(self) -> None:
        wish = self._wish
        self._notifier.extend(KERNEL_SECONDS)
        wanted = wish.applied(load_config(wish.config))
        warm_up()
        if wanted.record_folder is not None:
            warm_up_recorder()
        sensor = wanted.sensor
        account = account_for(sensor.user, sensor.group)
        live_at_home(account)  # what is opened now must be found again at a reload, by who we are then
        site = self._reopened()
        self._warn_of(site)
        self._config = self._started_by = config = site.config
        for folder in own_folders(config):
            hand_over(folder, account)
        claim = self._claim(config)
        folders = written_folders(config)
        if narrow := narrowness(config):
            self._mention(narrow)
        sources = self._sources(config)
        self._source = sources[0]
        captures = [interface.capture for interface in sources[0].interfaces]
        self._memory = Memory(config.state_folder, captures, len(sources))
        self._stream = self._streamed(site, sources, partial(self._alone, claim, account, folders))
        web = self._web_server(config)  # after the workers, which shall not keep the port open
        self._say_missing(drop_privileges(account, folders))
        for folder in folders:
            check_writable(folder)
        calm_collector()
        self._outbox = Outbox(self._outbox_plan(config))
        self._stack.callback(self._outbox.close, CLOSING_SECONDS)
        if config.state_folder is None:
            self._mention("there is no state folder: alerts wait in memory and are lost with the sensor")
        self._teller = None if wish.quiet and not wish.json else self._telling()
        self._sensor = Sensor(site, self._stream, self._surroundings(config), self._plan)
        self._memory.recall(self._sensor, self._outbox)
        self._memory.forget()
        self._condition = Condition(self._sensor, self._circumstances(config))
        self._reloading = Reloading(self._sensor, self._renewed, self._taken, self._say, self._mention)
        if web is not None:
            web.start()
            self._mention(f"metrics and state: {web.address}")

    @property
    def _listening(self) -> str:
        sensor = self._config.sensor
        workers = f" with {sensor.workers} workers" if sensor.workers > 1 else ""
        names = "a pipe" if sensor.interfaces == (PIPE,) else ", ".join(sensor.interfaces)
        return f"listening on {names}{workers}"

    def _claim(self, config: Config) -> Claim | None:
        """Make sure that nobody else keeps state in the folder, before anything in it is touched."""
        if config.state_folder is None:
            return None
        claim = Claim(config.state_folder)
        self._stack.callback(claim.close)
        return claim

    def _alone(self, claim: Claim | None, account: Account | None, folders: Sequence[Path]) -> None:
        """Be a worker: keep nothing of the parent's, and give rights away."""
        if claim is not None:
            claim.close()
        drop_privileges(account, folders)

    def _reopened(self) -> Site:
        wish = self._wish
        overrides = Overrides(home_networks=wish.home, databases=wish.geoip)
        return open_site(
            wish.config, wish.signatures, overrides, wish.applied, lambda config: fitted_to(config).share
        )

    def _warn_of(self, site: Site) -> None:
        for warning in site.catalog.warnings:
            self._say(f"warning: {warning}")

    def _renewed(self) -> Renewal:
        site = self._reopened()
        self._check_filter(site.config)
        return Renewal(site, prepare(self._outbox_plan(site.config)))

    def _check_filter(self, config: Config) -> None:
        """Refuse a filter that the next start would refuse."""
        text = config.settings("capture").filter
        if text != self._started_by.settings("capture").filter:
            with suppress(
                OSError
            ):  # without libpcap tcpdump compiles it, which this process may not run any more
                check_filter(text)

    def _sources(self, config: Config) -> Sequence[Source]:
        sensor = config.sensor
        sources = opened_sources(sensor.interfaces, config.settings("capture"), sensor.workers)
        for source in sources:
            self._stack.callback(source.close)
            if warning := getattr(source, "warning", ""):
                self._say(warning)
        return sources

    def _streamed(self, site: Site, sources: Sequence[Source], drop: Callable[[], object]) -> LiveStream:
        config = site.config
        if len(sources) == 1:
            stream: LiveStream = self._local(site, sources[0])
        else:
            ways = Ways(
                keeps_flows=config.state_folder is not None,
                prepare=drop,
                restored=self._memory.forget,
                recorder=self._recorder,
                say=self._say,
            )
            stream = LiveWorkers(sources, self._plan(site), ways, self._memory.fronts)
        self._stack.callback(stream.close)
        return stream

    def _local(self, site: Site, source: Source) -> LocalLive:
        plan = self._plan(site).of(0)
        recorder = self._recorder(0, source)
        try:
            return LocalLive(source, plan, recorder, self._memory.fronts, self._say)
        except ValueError as error:
            self._memory.give_up(str(error))
            return LocalLive(source, plan, recorder, say=self._say)

    def _recorder(self, worker: int, source: Source) -> Recorder | None:
        config = self._config
        if config.record_folder is None:
            return None
        size_bytes, workers = config.sensor.record_size_bytes, config.sensor.workers
        share = Share(size_bytes=size_bytes, worker=worker, workers=workers)
        return Recorder(config.record_folder, config.settings("export.recorder"), source.interfaces, share)

    def _plan(self, site: Site) -> Plan:
        config = site.config
        fit = fitted_to(config)
        plan = plan_of(site, Outputs())
        flow = replace(config.settings("flow"), capacity=fit.flow_capacity)
        return replace(plan, flow=flow, share=fit.share)

    def _web_server(self, config: Config) -> WebServer | None:
        """Open the port while there are rights to."""
        self._board = Board()
        settings = config.settings("export.prometheus")
        if not settings.listen:
            return None
        folder = None if config.path is None else config.path.parent
        server = WebServer(settings, self._board, self._reload, folder, self._say)
        self._stack.callback(server.close)
        return server

    def _reload(self) -> str | None:
        return self._reloading.now()

    def _say_missing(self, dropped: Dropped) -> None:
        for missing in dropped.missing:
            self._say(missing)

    def _telling(self) -> Teller:
        teller = Teller(self._write, self._stream.stop)
        self._stack.callback(teller.close)
        return teller

    def _write(self, alert: Alert) -> None:
        with self._status.away():
            (as_json if self._wish.json else as_line)(alert)

    def _surroundings(self, config: Config) -> Surroundings:
        return Surroundings(
            now_ns=time.time_ns,
            outbox=self._outbox,
            tell=self._tell,
            say=self._say,
            beat=self._beat,
            keeper=self._memory.keeper,
            save_every_ns=config.sensor.checkpoint_every_ns,
            records=config.record_folder is not None,
        )

    def _circumstances(self, config: Config) -> Circumstances:
        return Circumstances(
            name=config.sensor.name or socket.gethostname(),
            outputs=self._outbox,
            memory_budget_bytes=config.sensor.memory_budget_bytes,
        )

    def _tell(self, alert: Alert) -> None:
        self._condition.told(alert, time.time_ns())
        if self._teller is not None:
            self._teller.tell(alert)

    def _beat(self) -> None:
        """Show that the main loop lives, to who watches over it and to who asks."""
        self._notifier.beat()
        self._notifier.status(lambda: f"{self._listening}: {self._condition.short_line()}")
        self._status.show(self._condition.line)
        self._memory.notice(self._say)
        if self._board.wanted():
            around = self._condition.circumstances
            around.reload, around.checkpoint = self._reloading.outcome, self._memory.counts
            self._board.show(self._condition.state(time.time_ns()))

    def _outbox_plan(self, config: Config) -> OutboxPlan:
        return OutboxPlan(
            sections=config.sections,
            folder=Path() if config.path is None else config.path.parent,
            state_folder=config.state_folder,
            host=config.sensor.name or socket.gethostname(),
            version=__version__,
            say=self._say,
        )

    def _taken(self, renewal: Renewal) -> None:
        """Let what is around the sensor follow a new configuration too."""
        self._config = renewal.site.config
        self._warn_of(renewal.site)
        self._outbox.reload(renewal.outputs)
        if waiting := waiting_keys(self._started_by, self._config):
            self._say(f"not before the next start: {', '.join(waiting)}")

    def _end(self) -> None:
        """Save, or tell how everything stands where nobody will go on."""
        if self._memory.keeper is None or self._stream.is_exhausted:
            self._sensor.finish()
        else:
            self._sensor.save_at_end()

    def _mention(self, line: str) -> None:
        """Say what went as it should, unless nobody wants to hear it."""
        if not self._wish.quiet:
            self._say(line)

    def _say(self, line: str) -> None:
        """Say what went wrong, or is right again."""
        with self._status.away():
            say(line)
