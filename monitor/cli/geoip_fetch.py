"""Brings the databases of a provider into a staged set: asks whether there is anything new, fetches, checks, unpacks."""

import hashlib
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import TypeVar

from monitor.cli.fetch import Ask, FetchError, fetch_into, shown
from monitor.cli.geoip_provider import Account, Edition, Provider, Source, checksum_of
from monitor.cli.geoip_review import Before, Refused, review
from monitor.cli.geoip_unpack import SUFFIX, NotADatabase, unpack
from monitor.enrich.installed import Installed
from monitor.model.instant import rfc3339

T = TypeVar("T")

MAX_DOWNLOAD_BYTES = 256 << 20
MAX_CHECKSUM_BYTES = 1 << 16
MAX_SECONDS = 900
"""For one database, over a slow line."""
_NOT_FOUND = 404
_DAY = slice(0, 10)


@dataclass(frozen=True, slots=True, kw_only=True)
class Errand:
    """What to bring, for whom, and when."""

    provider: Provider
    account: Account | None
    server: str | None
    now_ns: int
    force: bool = False
    """Fetch even what is here, and take what is older."""
    max_seconds: float = MAX_SECONDS
    tls: ssl.SSLContext | None = None

    def bring(self, edition: Edition, before: Installed | None, folder: Path) -> Installed | None:
        """Put a database into a folder; None when what is here is what is there. Raises FetchError or Refused."""
        known = None if self.force else before
        return self._at_first_place(
            edition, known, lambda source: self._from(source, edition, known, folder), None
        )

    def is_newer(self, edition: Edition, before: Installed | None) -> bool:
        """Whether there is a database other than the one that is here; takes none. Raises FetchError."""
        return self._at_first_place(
            edition, before, lambda source: self._looks_newer(source, before), otherwise=False
        )

    def take(
        self, fetched: Path, edition: Edition, before: Installed | None, **facts: str | None
    ) -> Installed:
        """Make the database of a file that was fetched, or brought; raises Refused."""
        path = fetched.with_name(f"{edition.name}{SUFFIX}")
        known = None if before is None else Before(before.built, before.size_bytes)
        try:
            unpack(fetched, path)
        except NotADatabase as error:
            raise Refused(str(error)) from error
        info = review(path, edition, known, self.now_ns, force=self.force)
        fetched.unlink()
        return Installed(
            provider=self.provider.id.value,
            type=info.type,
            built=info.built,
            size_bytes=path.stat().st_size,
            fetched=rfc3339(self.now_ns),
            **facts,
        )

    def _at_first_place(
        self, edition: Edition, before: Installed | None, do: Callable[[Source], T], otherwise: T
    ) -> T:
        """Do something where the newest database is; ``otherwise`` when even ours is no longer where it was."""
        *newer, last = self._sources(edition, before)
        for source in newer:
            try:
                return do(source)
            except FetchError as error:
                if error.status != _NOT_FOUND:
                    raise
        try:
            return do(last)
        except FetchError as error:
            if error.status == _NOT_FOUND and before is not None and before.url == shown(last.url):
                return otherwise
            raise

    def _sources(self, edition: Edition, before: Installed | None) -> list[Source]:
        """Return where to look, not further back than what is here."""
        day = rfc3339(self.now_ns)[_DAY]
        sources = self.provider.sources(edition, day, self.account, self.server)
        urls = [shown(source.url) for source in sources]
        at = urls.index(before.url) if before is not None and before.url in urls else len(urls) - 1
        return sources[: at + 1]

    def _from(
        self, source: Source, edition: Edition, before: Installed | None, folder: Path
    ) -> Installed | None:
        checksum = self._checksum(source)
        if before is not None and checksum is not None and before.sha256 == checksum:
            return None
        fetched = folder / f"{edition.name}.fetched"
        with fetched.open("wb") as stream:
            answer = fetch_into(stream, self._ask(source, before), tls=self.tls)
        if not answer.is_new:
            fetched.unlink()
            return None
        url, digest = shown(source.url), _sha256(fetched)
        if checksum not in {None, digest}:
            raise Refused(f"{url}: not what its checksum says; cut short or changed on its way")
        if before is not None and before.sha256 == digest:
            fetched.unlink()
            return None
        try:
            facts = {"url": url, "sha256": digest, "etag": answer.etag, "modified": answer.modified}
            return self.take(fetched, edition, before, **facts)
        except Refused as error:
            raise Refused(f"{url}: {error}") from error

    def _looks_newer(self, source: Source, before: Installed | None) -> bool:
        checksum = self._checksum(source)
        if checksum is not None:
            return before is None or checksum != before.sha256
        answer = fetch_into(BytesIO(), self._ask(source, before, only_look=True), tls=self.tls)
        if before is None:
            return True
        tells_age = answer.etag is not None or answer.modified is not None
        return answer.is_new and (tells_age or shown(source.url) != before.url)

    def _checksum(self, source: Source) -> str | None:
        """Return what the provider says that the file amounts to; None when it says nothing of the kind."""
        if source.checksum_url is None:
            return None
        text = BytesIO()
        ask = Ask(
            url=source.checksum_url,
            max_bytes=MAX_CHECKSUM_BYTES,
            max_seconds=self.max_seconds,
            login=self._login,
        )
        fetch_into(text, ask, tls=self.tls)
        checksum = checksum_of(text.getvalue())
        if checksum is None:
            raise Refused(f"{shown(source.checksum_url)}: no SHA-256 there")
        return checksum

    def _ask(self, source: Source, before: Installed | None, *, only_look: bool = False) -> Ask:
        is_same = before is not None and before.url == shown(source.url)
        return Ask(
            url=source.url,
            max_bytes=MAX_DOWNLOAD_BYTES,
            max_seconds=self.max_seconds,
            etag=before.etag if before is not None and is_same else None,
            modified=before.modified if before is not None and is_same else None,
            login=self._login,
            only_look=only_look,
        )

    @property
    def _login(self) -> tuple[str, str] | None:
        return self.account.login if self.account is not None and self.provider.logs_in else None


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
