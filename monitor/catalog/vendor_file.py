"""One vendor file: YAML text in, ``VendorFile`` out, with every fault noted at its line. Opens no file."""

import hashlib
from dataclasses import dataclass

import orjson

from monitor.catalog.faults import Faults, suggestion
from monitor.catalog.identity_block import read_identity
from monitor.catalog.match_block import read_examples, read_match
from monitor.catalog.reader import Block, Items, read
from monitor.catalog.records import Identity, Signature, Source, Vendor
from monitor.catalog.shape import FILE, SIGNATURE, SOURCE, VENDOR
from monitor.catalog.shaped import Checker
from monitor.model.errors import Location, SignatureError


@dataclass(frozen=True, slots=True, kw_only=True)
class CitedSource:
    """A source with its place in the file, and whether anything cites it."""

    id: str
    line: int
    cited: bool
    """Also true when a part of the file could not be read, which may be what cites it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VendorFile:
    """What one file says."""

    vendor: Vendor
    signatures: tuple[Signature, ...]
    sources: tuple[CitedSource, ...]
    digest: str
    """SHA-256 of what it says, whatever its layout."""


def parse(text: str, path: str, stem: str, faults: Faults, *, local: bool = False) -> VendorFile | None:
    """Return what a file says, or None when it cannot be used; faults are noted either way."""
    try:
        tree = read(text, path)
    except SignatureError as error:
        faults.take(error)
        return None
    return _Parser(path, faults, local=local).file(tree, stem)


class _Parser:
    def __init__(self, path: str, faults: Faults, *, local: bool) -> None:
        self._path = path
        self._checker = Checker(path, faults)
        self._local = local
        self._sources: dict[str, Source] = {}
        self._source_lines: dict[str, int] = {}
        self._broken_sources: set[str] = set()
        """Ids of those whose own fault is told."""
        self._cited: set[str] = set()
        self._faults = faults

    def file(self, tree: Block, stem: str) -> VendorFile | None:
        before = self._faults.total
        top = self._checker.block(tree, FILE, "the file")
        if top is None:
            return None
        self._read_sources(top["sources"])
        vendor = self._vendor(top["vendor"], top.get("identity"), stem)
        if vendor is None:
            return None
        found = [self._signature(block, vendor) for block in top.get("signatures", ())]
        is_whole = self._faults.total == before
        return VendorFile(
            vendor=vendor,
            signatures=tuple(signature for signature in found if signature),
            sources=tuple(
                CitedSource(id=name, line=line, cited=name in self._cited or not is_whole)
                for name, line in self._source_lines.items()
            ),
            digest=hashlib.sha256(orjson.dumps(tree, option=orjson.OPT_SORT_KEYS)).hexdigest(),
        )

    def _vendor(self, block: Block, identity: Block | None, stem: str) -> Vendor | None:
        header = self._checker.block(block, VENDOR, "the vendor")
        if header is None:
            return None
        if header["id"] != stem:
            problem = f"vendor id '{header['id']}' must be the file's name '{stem}'"
            self._checker.fault(block.line_of("id"), problem)
        told = Identity() if identity is None else read_identity(identity, header, self._checker, self._cite)
        place = Location(self._path, block.line)
        sources = tuple(self._sources.values())
        return Vendor(**header, identity=told, sources=sources, local=self._local, location=place)

    def _read_sources(self, blocks: Items) -> None:
        for block in blocks:
            values = self._checker.block(block, SOURCE, "the source")
            if values is None:
                self._broken_sources.add(str(block.get("id")))
                continue
            if values["id"] in self._sources:
                self._checker.fault(block.line, f"source '{values['id']}' stands twice in this file")
            self._sources[values["id"]] = Source(**values)
            self._source_lines[values["id"]] = block.line

    def _cite(self, ids: tuple[str, ...], line: int) -> tuple[Source, ...]:
        for missing in [name for name in ids if name not in self._sources.keys() | self._broken_sources]:
            hint = suggestion(missing, self._sources)
            self._checker.fault(line, f"source '{missing}' is not in this file{hint}")
        self._cited.update(ids)
        return tuple(self._sources[name] for name in ids if name in self._sources)

    def _signature(self, block: Block, vendor: Vendor) -> Signature | None:
        """Return a signature without a fault; of another, checks would only say what follows from its fault."""
        before = self._faults.total
        values = self._checker.block(block, SIGNATURE, "the signature")
        if values is None:
            return None
        if not values["id"].startswith(vendor.id + "."):
            problem = f"signature id '{values['id']}' must begin with '{vendor.id}.'"
            self._checker.fault(block.line_of("id"), problem)
        match = read_match(values["match"], self._checker)
        if match is None:
            return None
        values["match"] = match
        rests_on_broken = not self._broken_sources.isdisjoint(values["sources"])
        values["sources"] = self._cite(values["sources"], block.line_of("sources"))
        values["examples"] = read_examples(values["examples"], block.line_of("examples"), self._checker)
        if rests_on_broken or self._faults.total > before:
            return None
        place = Location(self._path, block.line)
        return Signature(**values, vendor_id=vendor.id, local=self._local, location=place)
