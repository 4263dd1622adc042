"""The catalog that a command works on, and words of it that a person typed: a wrong one is answered with those there are."""

from pathlib import Path
from typing import TYPE_CHECKING

from monitor.cli.failure import fail, say, told_plainly

if TYPE_CHECKING:  # at run time they come when a command needs them
    from collections.abc import Iterable

    from monitor.catalog.catalog import Catalog
    from monitor.catalog.records import Signature
    from monitor.config.tree import Config


def opened(config: Path | None, signatures: Path | None) -> "Catalog":
    """Return the catalog that a command works on."""
    with told_plainly():
        from monitor.config.reader import load

        configured = load(config)
    return opened_as(configured, signatures)


def opened_as(configured: "Config", signatures: Path | None) -> "Catalog":
    """Return the catalog of a configuration, or of a folder named instead; what it passes over is said."""
    with told_plainly():
        from monitor.catalog.catalog import Catalog
        from monitor.catalog.pack_in_use import folders_in_use

        folders = folders_in_use(configured.pack_folder, signatures)
        catalog = Catalog.load(folders, local=configured.signature_folders)
    tell_warnings(catalog)
    return catalog


def tell_warnings(catalog: "Catalog") -> None:
    """Say what a load passed over: it is not in use, whatever somebody believes."""
    for warning in catalog.warnings:
        say(f"warning: {warning}")


def known_signature(catalog: "Catalog", name: str) -> "Signature":
    """Return the signature of a name."""
    signature = catalog.signature(name)
    if signature is None:
        fail(f"no signature '{name}'{_near(name, [one.id for one in catalog.signatures])}")
    return signature


def known_vendor(catalog: "Catalog", vendor: str) -> str:
    """Return the id of a vendor that there is."""
    if vendor not in catalog.vendors:
        fail(f"no vendor '{vendor}'{_near(vendor, catalog.vendors)}")
    return vendor


def known(what: str, word: str, words: "Iterable[str]") -> str:
    """Return a word of a closed set."""
    known = list(map(str, words))
    if word not in known:
        fail(f"no {what} '{word}'; there are {', '.join(known)}")
    return word


def counted(number: int, what: str) -> str:
    """Return a number with its noun: one ``file``, two ``files``."""
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def _near(word: str, known: "Iterable[str]") -> str:
    from monitor.catalog.faults import suggestion

    return suggestion(word, known)
