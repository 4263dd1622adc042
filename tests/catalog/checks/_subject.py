"""What the tests of the checks share: a subject made of file texts."""

from collections.abc import Iterable

from monitor.catalog.catalog import Catalog
from monitor.catalog.contents import Contents
from monitor.catalog.records import MacPrefix, Tac
from monitor.catalog.review import Check, Subject
from tests.catalog._builders import HEAD, parsed, signature_text

BETA = HEAD.replace("acme", "beta").replace("Acme", "Beta")


def beta_text(*signatures: str) -> str:
    """Return the file of a second vendor."""
    return BETA + "signatures:\n" + "".join(text.replace("id: acme.", "id: beta.") for text in signatures)


def subject(
    *texts: str,
    canaries: tuple[str, ...] = (),
    shared: frozenset[str] = frozenset(),
    today: str | None = None,
    macs: Iterable[MacPrefix] = (),
    tacs: Iterable[Tac] = (),
) -> Subject:
    """Return what a check looks at; each text is a file of acme or beta."""
    files = [parsed(text, "beta" if "id: beta\n" in text else "acme") for text in texts]
    contents = Contents(files, [], list(macs), list(tacs))
    return Subject(
        catalog=Catalog.of(contents), contents=contents, canaries=canaries, shared_hosting=shared, today=today
    )


def said(check: Check, looked_at: Subject) -> list[str]:
    """Return what a check says, without places."""
    return [issue.problem for issue in check(looked_at)]


__all__ = ["beta_text", "said", "signature_text", "subject"]
