"""Geo-IP databases as providers offer them: right ones of any age, packed as theirs are, and a server that has them."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import tarfile
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from mmdb_writer import MMDBWriter
from netaddr import IPSet  # type: ignore[import-untyped]  # only in tests

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tests.kit.https_server import Server

DBIP_COUNTRY, DBIP_ASN = "DBIP-Country-Lite", "DBIP-ASN-Lite (compat=GeoLite2-ASN)"
MAXMIND_COUNTRY, MAXMIND_ASN = "GeoLite2-Country", "GeoLite2-ASN"
IPINFO = "ipinfo generic_lite.mmdb"
DAY_SECONDS = 86_400
_COUNTRIES = {"8.8.8.0/24": "US", "223.5.5.0/24": "CN", "88.198.0.0/16": "DE"}
_NETWORKS = {"8.8.8.0/24": 15169, "1.1.1.0/24": 13335, "77.88.8.0/24": 13238}
_BUILT = b"build_epoch\x04\x02"
"""The key in the metadata, and a 64-bit number of four bytes."""


def database(kind: str, built: int, *, size: int = 100_000, wrong: bool = False) -> bytes:
    """Return a database of a type, built at an instant in seconds; ``wrong`` puts addresses to wrong places."""
    content = _content(kind, size, wrong)
    at = content.rindex(_BUILT) + len(_BUILT)
    return content[:at] + built.to_bytes(4, "big") + content[at + 4 :]


@cache
def _content(kind: str, size: int, wrong: bool) -> bytes:  # noqa: FBT001 - a key of the cache
    writer = MMDBWriter(ip_version=6, ipv4_compatible=True, database_type=kind)
    records: dict[str, dict[str, Any]] = {}
    if "ASN" not in kind:
        for network, country in _COUNTRIES.items():
            records.setdefault(network, {}).update(country={"iso_code": "ZA" if wrong else country})
    if "Country" not in kind:
        for network, asn in _NETWORKS.items():
            records.setdefault(network, {}).update(autonomous_system_number=asn + wrong)
    for place in range(size // 500):
        records[f"{20 + place // 250}.{place % 250}.0.0/16"] = {"padding": f"{place:0500}"}
    for network, record in records.items():
        writer.insert_network(IPSet([network]), record)
    with TemporaryDirectory() as folder:
        writer.to_db_file(f"{folder}/x")
        return Path(folder, "x").read_bytes()


def tar_gz(files: Mapping[str, bytes], change: Callable[[tarfile.TarInfo], None] = lambda _: None) -> bytes:
    """Return an archive; ``change`` may make a member something else."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            change(member)
            archive.addfile(member, io.BytesIO(content))
    return packed.getvalue()


class Providers:
    """A server that has what the three providers have."""

    def __init__(self, server: Server) -> None:
        self.server = server

    def dbip(self, month: str, built: int, **changes: Any) -> None:
        """Offer both databases of a month such as ``2026-11``."""
        for name, kind in (("country", DBIP_COUNTRY), ("asn", DBIP_ASN)):
            content = gzip.compress(database(kind, built, **changes), 1, mtime=0)
            self.server.answers[f"/free/dbip-{name}-lite-{month}.mmdb.gz"] = tagged(content)

    def maxmind(self, built: int, **changes: Any) -> None:
        for kind in (MAXMIND_COUNTRY, MAXMIND_ASN):
            files = {f"{kind}_20261101/COPYRIGHT.txt": b"(c)"}
            files[f"{kind}_20261101/{kind}.mmdb"] = database(kind, built, **changes)
            self.put_maxmind(kind, tar_gz(files))

    def put_maxmind(self, kind: str, packed: bytes) -> None:
        """Offer an archive as MaxMind does: behind a login, by a redirect to another host, with a checksum."""
        path = f"/geoip/databases/{kind}/download?suffix=tar.gz"
        other = self.server.url(f"/presigned/{kind}?signature=secret", host="127.0.0.1")
        self.server.answers[path] = behind_login(redirect(other))
        self.server.answers[f"/presigned/{kind}?signature=secret"] = packed
        checksum = f"{hashlib.sha256(packed).hexdigest()}  {kind}_20261101.tar.gz\n".encode()
        self.server.answers[f"{path}.sha256"] = behind_login(tagged(checksum))

    def ipinfo(self, built: int, token: str, **changes: Any) -> None:
        content = database(IPINFO, built, **changes)
        sums = {"checksums": {"md5": "0", "sha256": hashlib.sha256(content).hexdigest()}}
        self.server.answers[f"/data/ipinfo_lite.mmdb?token={token}"] = content
        self.server.answers[f"/data/ipinfo_lite.mmdb/checksums?token={token}"] = json.dumps(sums).encode()


def tagged(content: bytes) -> Callable[[Any], None]:
    """Answer with a tag, and with nothing when the client has it."""

    def answer(request: Any) -> None:
        tag = f'"{hashlib.sha256(content).hexdigest()[:16]}"'
        is_known = request.headers.get("If-None-Match") == tag
        request.send_response(304 if is_known else 200)
        request.send_header("ETag", tag)
        request.send_header("Content-Length", "0" if is_known else str(len(content)))
        request.end_headers()
        if request.command == "GET" and not is_known:
            request.wfile.write(content)

    return answer


def behind_login(
    inner: Callable[[Any], None], login: str = "Basic MTIzNDU2OmFCY0RfZTE="
) -> Callable[[Any], None]:
    """Answer only who shows a name and a key: 123456 and aBcD_e1."""

    def answer(request: Any) -> None:
        if request.headers.get("Authorization") == login:
            inner(request)
        else:
            request.send_error(401)

    return answer


def redirect(url: str) -> Callable[[Any], None]:
    def answer(request: Any) -> None:
        request.send_response(302)
        request.send_header("Location", url)
        request.send_header("Content-Length", "0")
        request.end_headers()

    return answer
