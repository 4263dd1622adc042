"""From observations to alerts: enrich, detect, alert. Always one, whatever the number of workers in front.

Due first: before an observation of time t touches anything, windows and alerts due at or before t come.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from monitor.alert.book import AlertBook
from monitor.catalog.records import Signature
from monitor.detect._matching import signatures_of
from monitor.model.alert import Alert
from monitor.model.finding import Finding
from monitor.model.frame import Interface
from monitor.model.observation import FLOW_OBSERVATIONS, OBSERVATIONS, Observation
from monitor.pipeline.ledger import Ledger
from monitor.pipeline.site import Site
from monitor.protocols._dispatch import News

_BYTE_DIGITS = 2
NEEDED_BY_ENRICH = frozenset({"dns_answer", "dhcp", "coap_request"})
"""What the enricher learns from."""
NEEDED_BY_SUMMARY = frozenset(
    {"flow_start", "flow_end", "tls_client_hello", "quic_client_hello", "http_request"}
)
"""What names the remote of a flow."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outputs:
    """Who listens; None when nobody does."""

    story: Callable[[Alert], None] | None = None
    """An alert's story is over: resolved, crowded out, or open when the capture ended."""
    observation: Callable[[Observation], None] | None = None
    flow: Callable[[Observation, tuple[Signature, ...]], None] | None = None
    """A flow ended; the observation is the enriched ``flow_end``."""


class Back:
    """Enrich, detect and alert in a row."""

    def __init__(self, site: Site, outputs: Outputs, interfaces: list[Interface]) -> None:
        self._enricher = site.new_enricher()
        self._catalog = site.catalog
        self._detectors = site.detectors
        self._by_type = {
            kind: tuple(one.judge for one in site.detectors if kind in one.wants) for kind in OBSERVATIONS
        }
        self._contacts = next(one for one in site.detectors if one.NAME == "vendor_contact")
        self._outputs = outputs
        self._interfaces = interfaces
        self.book = AlertBook(site.policy, capture_of=self._capture_of)
        self.ledger = Ledger()
        self.enrich_tally = self._enricher.tally
        self._clock_ns = 0

    @staticmethod
    def wanted(site: Site, outputs: Outputs) -> frozenset[str]:
        """Return the observation types that somebody listens to; parsers of others do not even run."""
        if outputs.observation is not None:
            return frozenset(OBSERVATIONS)
        judged = frozenset[str]().union(*(one.wants for one in site.detectors))
        return judged | NEEDED_BY_ENRICH | NEEDED_BY_SUMMARY

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
        self._clock_ns = max(self._clock_ns, observation.ts_ns)
        observation = self._enricher.enrich(observation)
        kind = observation.type
        judges = self._by_type[kind]
        if judges:
            # Classified once for all detectors; the end of a flow shows nothing that could match.
            matched = () if kind == "flow_end" else signatures_of(self._catalog, observation)
            for judge in judges:
                for finding in judge(observation, matched):
                    self._tell(finding)
        if kind == "flow_end":
            signatures = self._contacts.vendors_of(observation.flow.id)
            self.ledger.flow(observation, signatures)
            if self._outputs.flow is not None:
                self._outputs.flow(observation, signatures)
        elif self._outputs.observation is not None and kind not in FLOW_OBSERVATIONS:
            self._outputs.observation(observation)
        if "tls.ech" in observation.fields:
            self.ledger.hidden_names += 1

    def finish(self, clock_ns: int) -> None:
        """The stream is over; what is still open is told."""
        self._clock_ns = max(self._clock_ns, clock_ns)
        self._pass_time()
        self._story(self.book.close())
        self.enrich_tally = self._enricher.tally

    def _pass_time(self) -> None:
        for detector in self._detectors:
            for finding in detector.due(self._clock_ns):
                self._tell(finding)
        self._story(self.book.due(self._clock_ns))

    def _tell(self, finding: Finding) -> None:
        # Nothing but a finding can tell whether a story that is due is over yet; so time passes just before one.
        self._pass_time()
        self.ledger.finding(finding)
        self.book.tell(finding)

    def _story(self, alerts: list[Alert]) -> None:
        if self._outputs.story is not None:
            for alert in alerts:
                self._outputs.story(alert)

    def _capture_of(self, observation: Observation) -> str:
        return self._interfaces[observation.flow.interface].capture


def detectors_of(site: Site) -> dict[str, Any]:
    """Return the detectors by name."""
    return {one.NAME: one for one in site.detectors}
