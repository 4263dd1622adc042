"""From observations to alerts: enrich, detect, alert. Always one, whatever the number of workers in front.

Due first: before an observation of time t touches anything, windows and alerts due at or before t come.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from monitor.alert.book import DEFAULT_CAPACITY, AlertBook
from monitor.catalog.records import Signature
from monitor.detect._matching import signatures_of
from monitor.export.sensor_counts import TableFill
from monitor.model.alert import Alert
from monitor.model.finding import Finding
from monitor.model.frame import Interface
from monitor.model.observation import FLOW_OBSERVATIONS, OBSERVATIONS, Observation
from monitor.model.parser import UNREAD
from monitor.model.state import State, is_number, part, value
from monitor.model.tally import Tally
from monitor.pipeline.budget import scaled
from monitor.pipeline.ledger import DEVICE_CAPACITY, Ledger
from monitor.pipeline.site import Site
from monitor.protocols._dispatch import News

COSTLY = frozenset({"tls.alpn", "tls.version", "tls.ja3", "tls.ja4"})
"""Fields that are made only for signatures and for who lists observations."""
_BYTE_DIGITS = 2
_AMOUNTS = frozenset({"flow_active", "flow_end"})
NEEDED_BY_ENRICH = frozenset({"dns_answer", "dhcp", "coap_request"})
"""What the enricher learns from."""
NEEDED_BY_SUMMARY = frozenset(
    {"flow_start", "flow_active", "flow_end", "tls_client_hello", "quic_client_hello", "http_request"}
)
"""What names the remote of a flow."""
_Judge = Callable[[Observation, Sequence[Signature]], Sequence[Finding]]


class _Judges(NamedTuple):
    """Which detectors hear of the observations of one type."""

    matched: tuple[_Judge, ...]
    unmatched: tuple[_Judge, ...]
    """Those that hear even when no signature matched."""
    needs_signatures: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Outputs:
    """Who listens; None when nobody does."""

    story: Callable[[Alert], None] | None = None
    """An alert's story is over: resolved, crowded out, or open when the capture ended."""
    observation: Callable[[Observation], None] | None = None
    flow: Callable[[Observation, tuple[Signature, ...]], None] | None = None
    """A flow ended; the observation is the enriched ``flow_end``."""
    alert: Callable[[Alert], None] | None = None
    """A story began, got worse, is told again or is resolved: at once, not when it is over."""
    finding: Callable[[Finding], None] | None = None
    """A finding that belongs to an alert."""


class Back:
    """Enrich, detect and alert in a row."""

    def __init__(self, site: Site, outputs: Outputs, interfaces: list[Interface]) -> None:
        self._enricher = site.new_enricher()
        self._enrich = self._enricher.enrich
        self._judge_by(site)
        self._outputs = outputs
        self._list = outputs.observation
        self._interfaces = interfaces
        capacity = scaled(DEFAULT_CAPACITY, site.share)
        self.book = AlertBook(site.policy, capacity, capture_of=self._capture_of)
        self.ledger = Ledger(scaled(DEVICE_CAPACITY, site.share))
        self.clock_ns = 0
        """The newest time that was told of."""

    @property
    def enrich_tally(self) -> Tally:
        """What the enricher counted so far."""
        return self._enricher.tally

    @property
    def geoip_build_ns(self) -> Mapping[str, int]:
        """When each geo-IP database was built, by its name."""
        return self._enricher.geoip.build_ns

    def tables(self) -> dict[str, TableFill]:
        """Return how full the tables behind the fronts are."""
        fills = self._enricher.fills() | {"alerts": (len(self.book), self.book.capacity)}
        fills |= {f"detect.{one.NAME}": one.fill for one in self._detectors}
        return {name: TableFill(*fill) for name, fill in fills.items()}

    @staticmethod
    def wanted(site: Site, outputs: Outputs) -> frozenset[str]:
        """Return the observation types that somebody listens to; parsers of others do not even run."""
        if outputs.observation is not None:
            return frozenset(OBSERVATIONS)
        judged = frozenset[str]().union(*(one.wants for one in site.detectors))
        looked_at = {test.field for signature in site.catalog.signatures for test in signature.match.tests}
        unread = frozenset(f"{UNREAD}{field}" for field in COSTLY - looked_at)
        return judged | NEEDED_BY_ENRICH | NEEDED_BY_SUMMARY | unread

    @staticmethod
    def news(site: Site, outputs: Outputs) -> News:
        """Return what need not be said again: detectors hear a statement of a flow once, listeners every time."""
        prefixes = [
            test.value
            for signature in site.catalog.signatures
            for test in signature.match.tests
            if test.field == "payload.prefix"
        ]
        heads = None
        if all(isinstance(prefix, str) and len(prefix) >= _BYTE_DIGITS for prefix in prefixes):
            heads = frozenset(bytes.fromhex(str(prefix)[:_BYTE_DIGITS]) for prefix in prefixes)
        return News(repeats=outputs.observation is not None, heads=heads)

    @staticmethod
    def silent_networks(site: Site, outputs: Outputs) -> tuple[str, ...]:
        """Return the networks inside which nobody listens: what stays at home is not phone-home."""
        everything = outputs.observation is not None or outputs.flow is not None
        return () if everything else tuple(site.config.site.home_networks)

    def take(self, observation: Observation) -> None:
        """Take the next observation of the stream."""
        observation = self._enrich(observation)
        kind, fields, _, _, ts_ns, _, _, _, _, _ = observation
        if ts_ns > self.clock_ns:  # noqa: PLR1730 - a call of max() for every observation costs a fiftieth of the back
            self.clock_ns = ts_ns
        judges, judges_unmatched, needs_signatures = self._judges[kind]
        # Classified once for all detectors; what a flow amounts to shows nothing that could match.
        matched = signatures_of(self._catalog, observation) if needs_signatures else ()
        for judge in judges if matched else judges_unmatched:
            for finding in judge(observation, matched):
                self._tell(finding)
        if kind in _AMOUNTS:
            self._add(observation)
        elif self._list is not None and kind not in FLOW_OBSERVATIONS:
            self._list(observation)
        if "tls.ech" in fields:
            self.ledger.hidden_names += 1

    def finish(self, clock_ns: int) -> None:
        """The stream is over; what is still open is told."""
        self.pass_time(clock_ns)
        self._story(self.book.close())

    def pass_time(self, clock_ns: int) -> None:
        """Let everything happen that is due at an instant which no observation may have brought."""
        self.clock_ns = max(self.clock_ns, clock_ns)
        self._pass_time()

    def reload(self, site: Site) -> None:
        """Go on with another site between two observations; what is known of devices, flows and stories stays."""
        enricher = site.new_enricher()
        enricher.take_over(self._enricher)
        for new, old in zip(site.detectors, self._detectors, strict=True):
            new.take_over(old)
        self.book.follow(site.policy)
        self._enricher = enricher
        self._enrich = enricher.enrich
        self._judge_by(site)

    def state(self) -> State:
        """Return what is to be known after a restart; between two observations."""
        return {
            "clock_ns": self.clock_ns,
            "enrich": self._enricher.state(),
            "detect": {one.NAME: one.state() for one in self._detectors},
            "alert": self.book.state(),
            "ledger": self.ledger.state(),
        }

    def restore(self, state: State) -> None:
        """Go on where another back stopped; raises ValueError and changes nothing when that has a wrong shape."""
        before = self.state()
        try:
            self._know(state)
        except ValueError:
            self._know(before)
            raise

    def _judge_by(self, site: Site) -> None:
        self._catalog = site.catalog
        self._detectors = site.detectors
        wants = {kind: tuple(one for one in site.detectors if kind in one.wants) for kind in OBSERVATIONS}
        self._judges = {
            kind: _Judges(
                tuple(one.judge for one in detectors),
                tuple(one.judge for one in detectors if kind in one.wants_unmatched),
                needs_signatures=bool(detectors) and kind not in _AMOUNTS,
            )
            for kind, detectors in wants.items()
        }
        self._contacts = next(one for one in site.detectors if one.NAME == "vendor_contact")

    def _add(self, observation: Observation) -> None:
        """Add up what a flow amounts to, so far or in the end."""
        signatures = self._contacts.told
        self.ledger.flow(observation, signatures, self._contacts.first_told)
        if self._outputs.flow is not None and observation.type == "flow_end":
            self._outputs.flow(observation, signatures)

    def _know(self, state: State) -> None:
        clock_ns, remembered = value(state, "clock_ns", is_number), part(state, "detect")
        self._enricher.restore(part(state, "enrich"))
        for detector in self._detectors:
            if detector.NAME in remembered:
                detector.restore(part(remembered, detector.NAME))
        self.book.restore(part(state, "alert"))
        self.ledger.restore(part(state, "ledger"))
        self.clock_ns = clock_ns

    def _pass_time(self) -> None:
        for detector in self._detectors:
            for finding in detector.due(self.clock_ns):
                self._tell(finding)
        over = self.book.due(self.clock_ns)
        if over:
            self._story(over)
            for alert in over:
                self._alert(alert)

    def _tell(self, finding: Finding) -> None:
        # Nothing but a finding can tell whether a story that is due is over yet; so time passes just before one.
        self._pass_time()
        self.ledger.finding(finding)
        alert = self.book.tell(finding)
        if alert is not None:
            self._alert(alert)
        if self._outputs.finding is not None and self.book.holds(finding):
            self._outputs.finding(finding)

    def _alert(self, alert: Alert) -> None:
        if self._outputs.alert is not None:
            self._outputs.alert(alert)

    def _story(self, alerts: list[Alert]) -> None:
        if self._outputs.story is not None:
            for alert in alerts:
                self._outputs.story(alert)

    def _capture_of(self, observation: Observation) -> str:
        return self._interfaces[observation.flow.interface].capture


def detectors_of(site: Site) -> dict[str, Any]:
    """Return the detectors by name."""
    return {one.NAME: one for one in site.detectors}
