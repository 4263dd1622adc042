import gzip
import tarfile
from pathlib import Path

import pytest

from monitor.cli.geoip_unpack import NotADatabase, unpack
from tests.kit.geoip_files import DBIP_COUNTRY, database, tar_gz

CONTENT = database(DBIP_COUNTRY, 1_790_000_000)


def _unpacked(folder: Path, packed: bytes, max_bytes: int = 1 << 20) -> bytes:
    (folder / "packed").write_bytes(packed)
    unpack(folder / "packed", folder / "x.mmdb", max_bytes)
    assert {path.name for path in folder.iterdir()} == {"packed", "x.mmdb"}
    return (folder / "x.mmdb").read_bytes()


@pytest.mark.parametrize(
    "packed",
    [
        CONTENT,
        gzip.compress(CONTENT),
        gzip.compress(CONTENT[:1000]) + gzip.compress(CONTENT[1000:]),
        tar_gz({"a/LICENSE.txt": b"x", "a/x.mmdb": CONTENT}),
        gzip.decompress(tar_gz({"a/x.mmdb": CONTENT})),
    ],
    ids=["plain", "gzip", "two-members", "tar.gz", "tar"],
)
def test_the_database_is_found_however_it_is_packed(tmp_path: Path, packed: bytes) -> None:
    assert _unpacked(tmp_path, packed) == CONTENT


@pytest.mark.parametrize(
    ("packed", "problem"),
    [
        (b"", "empty"),
        (b"\n <html>", "a web page"),
        (b"MZ" + bytes(5000), "not a MaxMind DB"),
        (CONTENT[:-1000], "only the beginning of one"),
        (gzip.compress(CONTENT)[:-4], "damaged"),
        (gzip.compress(CONTENT)[:-8] + bytes(8), "damaged: CRC check failed"),
        (gzip.compress(CONTENT) + b"rest", "damaged: Not a gzipped file"),
        (gzip.compress(bytes(9 << 20)), "too large: more than 1048576 bytes unpacked"),
        (bytes(2 << 20), "too large"),
        (tar_gz({"x.mmdb": bytes(2 << 20)}), "too large"),
        (gzip.compress(gzip.decompress(tar_gz({"x.mmdb": CONTENT}))[:5000]), "damaged"),
        (tar_gz({"a\\..\\x.mmdb": CONTENT}), "a path outside of itself"),
    ],
)
def test_what_is_no_database_is_refused(tmp_path: Path, packed: bytes, problem: str) -> None:
    with pytest.raises(NotADatabase, match=problem):
        _unpacked(tmp_path, packed)


def test_a_header_that_claims_to_be_huge_is_not_read_into_memory(tmp_path: Path) -> None:
    head = tarfile.TarInfo("pax")
    head.type, head.size = tarfile.XHDTYPE, 400 << 20
    with pytest.raises(NotADatabase, match="a header of the archive is far too large"):
        _unpacked(tmp_path, gzip.compress(head.tobuf(tarfile.USTAR_FORMAT) + bytes(4096)))


def test_links_are_refused(tmp_path: Path) -> None:
    def link(member: tarfile.TarInfo) -> None:
        member.type, member.linkname, member.size = tarfile.SYMTYPE, "/etc/passwd", 0

    with pytest.raises(NotADatabase, match="links or devices"):
        _unpacked(tmp_path, tar_gz({"x.mmdb": b""}, link))
