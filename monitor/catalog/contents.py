"""What a set of signature folders holds together: vendors merged, ids compared, content digested. Judges no meaning."""

import gc
import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import orjson

from monitor.catalog.faults import Faults
from monitor.catalog.folder import mac_table, plain_lists, tac_tables, vendor_files
from monitor.catalog.folder_files import is_readable, warn_of_strays
from monitor.catalog.records import MacPrefix, Signature, Tac, Vendor
from monitor.catalog.vendor_file import VendorFile
from monitor.catalog.vocabulary import Role


class Contents(NamedTuple):
    """Everything as read, in the order of reading."""

    files: list[VendorFile]
    lists: list[Signature]
    macs: list[MacPrefix]
    tacs: list[Tac]

    def signatures(self) -> list[Signature]:
        """Return all signatures by id."""
        found = [signature for file in self.files for signature in file.signatures]
        return sorted(found + self.lists, key=lambda signature: signature.id)

    def vendors(self) -> list[Vendor]:
        """Return one record for each vendor; what came with the program is not replaced by a site's file."""
        merged: dict[str, Vendor] = {}
        for file in sorted(self.files, key=lambda file: file.vendor.local):
            merged.setdefault(file.vendor.id, file.vendor)
        for signature in self.lists:
            merged.setdefault(signature.vendor_id, _vendor_of_list(signature))
        return [merged[name] for name in sorted(merged)]

    def digest(self) -> str:
        """Return the SHA-256 of what the files say."""
        digest = hashlib.sha256()
        for file in sorted(self.files, key=lambda file: (file.vendor.id, file.vendor.local)):
            digest.update(f"{file.vendor.id} {file.vendor.local} {file.digest}\n".encode())
        for signature in self.lists:
            values = [test.value for test in signature.match.tests]
            digest.update(orjson.dumps([signature.id, signature.confidence, signature.severity, values]))
        digest.update(orjson.dumps([self.macs, self.tacs], default=tuple))
        return digest.hexdigest()


def read_contents(shipped: Sequence[Path], local: Sequence[Path], faults: Faults) -> Contents:
    """Read the folders that came with the program and the site's own; faults are noted, nothing is raised."""
    with _collector_paused():
        contents = _read(shipped, local, faults)
    _note_rivals(contents.files, faults)
    _note_twins(contents.signatures(), faults)
    return contents


@contextmanager
def _collector_paused() -> Iterator[None]:
    """Millions of records and no cycles: the cycle collector would take longer than the reading."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _read(shipped: Sequence[Path], local: Sequence[Path], faults: Faults) -> Contents:
    contents = Contents([], [], [], [])
    for folder in map(Path, shipped):
        if is_readable(folder, faults):
            warn_of_strays(folder, faults, local=False)
            contents.files.extend(vendor_files(folder, faults, local=False))
            contents.macs.extend(mac_table(folder, faults))
            contents.tacs.extend(tac_tables(folder, faults))
    for folder in map(Path, local):
        if is_readable(folder, faults):
            warn_of_strays(folder, faults, local=True)
            contents.files.extend(vendor_files(folder, faults, local=True))
            contents.lists.extend(plain_lists(folder, faults))
    return contents


def _note_rivals(files: list[VendorFile], faults: Faults) -> None:
    first: dict[str, VendorFile] = {}
    for file in files:
        known = first.setdefault(file.vendor.id, file)
        if known is not file and not file.vendor.local:
            place = file.vendor.location
            problem = f"vendor '{known.vendor.id}' is already in {known.vendor.location.path}"
            faults.add(place.path, place.line, problem)


def _note_twins(signatures: list[Signature], faults: Faults) -> None:
    for one, other in pairwise(signatures):
        if one.id == other.id:
            place = other.location
            faults.add(place.path, place.line, f"signature id '{one.id}' is already used at {one.location}")


def _vendor_of_list(signature: Signature) -> Vendor:
    name = signature.vendor_id
    return Vendor(id=name, name=name, role=Role.PLATFORM, local=True, location=signature.location)
