"""Reads the files of signature folders, each by what it is: vendor files, lists of a site, tables and lists of words."""

import csv
from collections.abc import Iterator
from pathlib import Path

import monitor
from monitor.catalog.faults import Faults
from monitor.catalog.file_text import text_of
from monitor.catalog.folder_files import DATA, files_of
from monitor.catalog.identity_block import mac_prefix
from monitor.catalog.plain_list import parse_list
from monitor.catalog.records import MacPrefix, Signature, Tac
from monitor.catalog.vendor_file import VendorFile, parse

MAC_TABLE = "mac_prefixes.csv"
TAC_TABLES = "tac_*.csv"
TAC_DIGITS = 8
_PACKAGE = Path(monitor.__file__).parent


def bundled_folder(package: Path = _PACKAGE) -> Path:
    """Return the folder that came with the program: inside an installed package, else at the top of a checkout."""
    installed = package / "_bundled" / "signatures"
    return installed if installed.is_dir() else package.parent / "signatures"


def vendor_files(folder: Path, faults: Faults, *, local: bool) -> Iterator[VendorFile]:
    """Read every vendor file of a folder, in the order of their names."""
    for path in files_of(folder).vendor_files:
        text = text_of(path, faults)
        parsed = parse(text, str(path), path.stem, faults, local=local) if text is not None else None
        if parsed is not None:
            yield parsed


def plain_lists(folder: Path, faults: Faults) -> Iterator[Signature]:
    """Read every plain list of a site's folder."""
    for path in files_of(folder).lists:
        text = text_of(path, faults)
        signature = parse_list(text, str(path), path.stem, faults) if text is not None else None
        if signature is not None:
            yield signature


def mac_table(folder: Path, faults: Faults) -> Iterator[MacPrefix]:
    """Read the long table of MAC prefixes beside the vendor files."""
    for path, line, row in _rows(folder, MAC_TABLE, faults):
        try:
            yield mac_prefix(row["prefix"], row["vendor"], row["holder"], mixed=row["scope"] == "mixed")
        except (KeyError, ValueError) as error:
            faults.add(path, line, f"not a row of MAC prefixes: {error}")


def tac_tables(folder: Path, faults: Faults) -> Iterator[Tac]:
    """Read the tables of IMEI prefixes beside the vendor files, each with its own licence."""
    for path, line, row in _rows(folder, TAC_TABLES, faults):
        try:
            yield Tac(tac=_tac(row["tac"]), vendor_id=row["vendor"], model=row["model"])
        except (KeyError, ValueError) as error:
            faults.add(path, line, f"not a row of IMEI prefixes: {error}")


def _tac(digits: str) -> str:
    if len(digits) != TAC_DIGITS or not digits.isdecimal():
        raise ValueError(f"'{digits}' is not {TAC_DIGITS} digits")
    return digits


def word_list(folder: Path, name: str, faults: Faults) -> tuple[str, ...]:
    """Read a list of names beside the vendor files: one to a line, remarks after ``#``."""
    text = text_of(folder / DATA / name, faults) or ""
    words = (line.partition("#")[0].strip() for line in text.splitlines())
    return tuple(word for word in words if word)


def _rows(folder: Path, pattern: str, faults: Faults) -> Iterator[tuple[str, int, dict[str, str]]]:
    for path in sorted((folder / DATA).glob(pattern)):
        text = text_of(path, faults)
        if text is None:
            continue
        reader = csv.reader(text.splitlines())
        head = next(reader, [])
        for row in reader:
            yield str(path), reader.line_num, dict(zip(head, row, strict=False))
