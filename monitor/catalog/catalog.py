"""The catalog: all loaded signatures and vendors with their indexes. Read once, then never changed; a reload makes another."""

from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

from monitor.catalog.contents import Contents, read_contents
from monitor.catalog.faults import Faults, SignatureErrors
from monitor.catalog.folder import bundled_folder
from monitor.catalog.identity import IdentityIndex
from monitor.catalog.matcher import Matcher
from monitor.catalog.records import MacPrefix, Signature, Tac, Vendor
from monitor.catalog.vocabulary import Status
from monitor.model.errors import Location, SignatureError

LEAST_SHARE = 0.5
"""A reload that would leave a smaller share of the signatures is refused."""


class Catalog:
    """Signatures, vendors and identity facts, and what an observation matches."""

    def __init__(
        self,
        *,
        vendors: Iterable[Vendor],
        signatures: Iterable[Signature],
        macs: Iterable[MacPrefix] = (),
        tacs: Iterable[Tac] = (),
        digest: str = "",
    ) -> None:
        self.vendors: dict[str, Vendor] = {vendor.id: vendor for vendor in vendors}
        self.signatures: tuple[Signature, ...] = tuple(signatures)
        self.digest = digest
        """SHA-256 of what the files say; comments and layout do not change it."""
        self.warnings: tuple[str, ...] = ()
        """What the load passed over and somebody may believe in use; each a line for people."""
        self._by_id = {signature.id: signature for signature in self.signatures}
        live = [signature for signature in self.signatures if signature.status is not Status.DEPRECATED]
        self._matcher = Matcher(live)
        self.identity = IdentityIndex(self.vendors.values(), macs, tacs)
        self.fields_used = self._matcher.fields_used
        self.types_needed = self._matcher.types_needed
        self.match = self._matcher.match
        """``match(observation) -> tuple[Signature, ...]``, in the order of the catalog."""
        self.match_name = self._matcher.match_name
        """``match_name(name) -> tuple[Signature, ...]``: those for which a name asked of DNS is enough."""

    @classmethod
    def load(cls, folders: Sequence[Path] | None = None, *, local: Sequence[Path] = ()) -> "Catalog":
        """Read folders (those that came with the program when None) and the site's own; raises SignatureError.

        All faults are reported at once. No signatures at all is a fault: a monitor that knows nothing must not start.
        """
        faults = Faults()
        shipped = [bundled_folder()] if folders is None else folders
        catalog = cls.of(read_contents(shipped, local, faults))
        faults.raise_any()
        if not catalog.signatures:
            raise _emptiness([*shipped, *local], faults)
        catalog.warnings = tuple(map(str, faults.warnings))
        return catalog

    @classmethod
    def of(cls, contents: Contents) -> "Catalog":
        """Return the catalog of what was read, whatever faults it had."""
        return cls(
            vendors=contents.vendors(),
            signatures=contents.signatures(),
            macs=contents.macs,
            tacs=contents.tacs,
            digest=contents.digest(),
        )

    def replaced_by(self, newer: "Catalog") -> "Catalog":
        """Return the newer catalog, or raise SignatureError when it would lose most of what this one knows."""
        if len(newer.signatures) < LEAST_SHARE * len(self.signatures):
            raise SignatureError(
                f"the new set has {len(newer.signatures)} signatures, the old one {len(self.signatures)};"
                " refused: a set that loses most of its signatures is broken more often than meant"
            )
        return newer

    def signature(self, signature_id: str) -> Signature | None:
        """Return a signature by its id."""
        return self._by_id.get(signature_id)

    def mac_vendor(self, mac: int) -> str | None:
        """Return the vendor whose modules or devices carry the MAC address; None for holders that make much else."""
        prefix = self.identity.mac_prefix(mac)
        return prefix.vendor_id if prefix is not None and not prefix.mixed else None

    def mac_holder(self, mac: int) -> str | None:
        """Return the registered holder of the MAC address, as far as the catalog knows it."""
        prefix = self.identity.mac_prefix(mac)
        return prefix.holder if prefix is not None else None

    def tac(self, imei: str) -> Tac | None:
        """Return vendor and model of an IMEI."""
        return self.identity.tac(imei)

    def counts(self) -> Counter[tuple[str, Status]]:
        """Return the number of signatures by vendor and status."""
        return Counter((signature.vendor_id, signature.status) for signature in self.signatures)


def _emptiness(folders: Sequence[Path], faults: Faults) -> SignatureError:
    """Return what to say of folders without signatures: what was passed over, where there is such a thing."""
    if len(faults.warnings) == 1:
        return faults.warnings[0]
    if faults.warnings:
        return SignatureErrors(faults.warnings)
    return SignatureError("no signatures", Location(", ".join(map(str, folders))))
