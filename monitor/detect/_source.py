"""Where a firmware image comes from, and how sure it is that this means an update."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from monitor.catalog.catalog import Catalog
from monitor.catalog.records import Signature
from monitor.detect._image import MAX_URL, Image
from monitor.model.entity import Contact
from monitor.model.finding import Confidence, Purpose, Severity
from monitor.model.observation import Observation
from monitor.model.state import is_text, maybe, one_of

_DATA_SERVICES = frozenset({Purpose.ASSISTED_GNSS, Purpose.LOCATION, Purpose.TIME})
"""Their daily business is files of data that are named like images (``xtra3grc.bin``)."""


class Source(NamedTuple):
    """An endpoint that gives images away."""

    endpoint: str
    """Vendor id, else the name or address of the remote."""
    vendor_name: str
    """Whose firmware it is taken for."""
    words: str
    signature: Signature | None
    severity: Severity
    confidence: Confidence


SOURCE_CHECKS = (is_text, is_text, is_text, maybe(is_text), one_of(Severity), one_of(Confidence))
"""What a row of a source holds."""


class Sources:
    """Judges endpoints by the catalog; a benign one is None."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog

    @staticmethod
    def row(source: Source) -> list[Any]:
        """Return a source as plain data."""
        name = None if source.signature is None else source.signature.id
        return [*source[:3], name, source.severity.value, source.confidence.value]

    def of_row(self, row: Sequence[Any]) -> Source | None:
        """Make it again out of a row that was checked; None when its signature is no longer there."""
        endpoint, vendor_name, words, name, severity, confidence = row
        signature = None if name is None else self._catalog.signature(name)
        if name is not None and signature is None:
            return None
        return Source(endpoint, vendor_name, words, signature, Severity(severity), Confidence(confidence))

    def of_updates(self, signature: Signature) -> Source:
        """Return the source behind a signature whose purpose is firmware-update."""
        name = self._vendor_name(signature.vendor_id)
        return Source(
            endpoint=signature.vendor_id,
            vendor_name=name,
            words=f"the update service of {name}",
            signature=signature,
            severity=at_least_medium(signature.severity),
            confidence=signature.confidence,
        )

    def may_know(self, observation: Observation, contact: Contact, matched: Sequence[Signature]) -> bool:
        """Whether an image on such a flow can have a source at all: cheaper than to look for the image first."""
        if matched or contact.device.maker_vendor is not None:
            return True
        name = observation.remote_name
        return name is not None and bool(self._catalog.match_name(name))

    def of_image(
        self, observation: Observation, contact: Contact, matched: Sequence[Signature], seen: Image
    ) -> Source | None:
        """Return the source of an image on a flow that no signature had matched before."""
        if observation.remote_name is not None:
            matched = (*matched, *self._catalog.match_name(observation.remote_name))
        for signature in matched:
            if signature.purpose is Purpose.FIRMWARE_UPDATE:
                return self.of_updates(signature)
        if not seen.says_firmware:
            return None
        if not matched:
            return self._of_module(observation, contact)
        services = {one.purpose for one in matched} - {
            Purpose.VENDOR_WEB
        }  # a vendor's whole domain says nothing
        if services and services <= _DATA_SERVICES and not seen.shows_firmware:
            return None
        return self._of_vendor(matched[0])

    def _of_vendor(self, signature: Signature) -> Source:
        name = self._vendor_name(signature.vendor_id)
        return Source(
            endpoint=signature.vendor_id,
            vendor_name=name,
            words=f"an endpoint of {name} for {signature.purpose.value}",
            signature=signature,
            severity=at_least_medium(signature.severity),
            confidence=Confidence.LOW,
        )

    def _of_module(self, observation: Observation, contact: Contact) -> Source | None:
        maker = contact.device.maker_vendor
        if maker is None:
            return None
        far = (observation.remote_name or contact.remote.ip)[:MAX_URL]
        return Source(
            endpoint=far,
            vendor_name=self._vendor_name(maker),
            words="which no signature knows",
            signature=None,
            severity=Severity.LOW,
            confidence=Confidence.LOW,
        )

    def _vendor_name(self, vendor_id: str) -> str:
        vendor = self._catalog.vendors.get(vendor_id)
        return vendor_id if vendor is None else vendor.name


def at_least_medium(severity: Severity) -> Severity:
    """Return the severity of a download: a new image matters more than the question for one."""
    return severity if severity.rank > Severity.MEDIUM.rank else Severity.MEDIUM
