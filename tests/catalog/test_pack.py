import io
import shutil
import subprocess
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.catalog.pack import MANIFEST, SIGNATURE, read_pack
from monitor.catalog.pack_key import new_private_key, public_of
from monitor.catalog.pack_manifest import Manifest, Version
from monitor.catalog.pack_zip import write_zip
from monitor.model.errors import Malformed
from tests.kit.packs import ACME, PRIVATE, PUBLIC, acme_pack, forged_pack

VERSION = Version.parse("2026.11.22")
RIGHT = Manifest.of(VERSION, ACME).written()


def test_what_is_written_is_read() -> None:
    pack = read_pack(acme_pack(), PUBLIC)
    assert (pack.manifest.version, pack.files) == (VERSION, ACME)


def test_the_same_gives_the_same_bytes() -> None:
    assert acme_pack() == acme_pack(files=dict(reversed(ACME.items())))


def test_another_key_is_refused() -> None:
    with pytest.raises(Malformed, match="signed with another key"):
        read_pack(acme_pack(), public_of(new_private_key()))


def test_a_signature_over_something_else_is_refused() -> None:
    with pytest.raises(Malformed, match="the signature does not fit"):
        read_pack(_with_manifest(Manifest.of(Version.parse("2027.01.01"), ACME).written()), PUBLIC)


def _with_manifest(text: bytes) -> bytes:
    with zipfile.ZipFile(io.BytesIO(acme_pack())) as archive:
        entries = {name: archive.read(name) for name in archive.namelist()}
    return write_zip(entries | {MANIFEST: text})


@pytest.mark.parametrize("entries", [{MANIFEST: RIGHT}, {SIGNATURE: bytes(64)}, {"a.yaml": b""}])
def test_a_zip_without_signature_is_no_pack(entries: dict[str, bytes]) -> None:
    with pytest.raises(Malformed, match="without manifest or signature"):
        read_pack(write_zip(entries), PUBLIC)


@pytest.mark.parametrize(
    ("files", "problem"),
    [
        ({}, r"'acme\.yaml' is missing"),
        (ACME | {"more.yaml": b""}, r"'more\.yaml' is not in the manifest"),
        (ACME | {"../more.yaml": b""}, r"'\.\./more\.yaml' is not in the manifest"),
        (ACME | {"acme.yaml": b"format: 1\n"}, r"'acme\.yaml' is not what the manifest says"),
    ],
)
def test_files_beside_the_manifest_are_refused(files: dict[str, bytes], problem: str) -> None:
    assert read_pack(forged_pack(RIGHT, ACME), PUBLIC).files == ACME
    with pytest.raises(Malformed, match=problem):
        read_pack(forged_pack(RIGHT, files), PUBLIC)


def test_a_file_outside_the_folder_is_refused() -> None:
    with zipfile.ZipFile(io.BytesIO(acme_pack())) as archive:
        entries = {name: archive.read(name) for name in archive.namelist()}
    with pytest.raises(Malformed, match=r"'acme\.yaml' is not in the manifest"):
        read_pack(write_zip(entries | {"acme.yaml": b""}), PUBLIC)


def test_a_signer_cannot_name_a_place_outside_either() -> None:
    text = RIGHT.replace(b"data/notes.txt", b"../../evil.txt")
    with pytest.raises(Malformed, match="no name for a file in a pack"):
        read_pack(forged_pack(text, {}), PUBLIC)


def test_a_key_that_is_none_is_told() -> None:
    with pytest.raises(ValueError, match="one line of base64"):
        read_pack(acme_pack(), "key")


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_no_changed_byte_is_accepted(data: st.DataObject) -> None:
    right = bytearray(acme_pack())
    place = data.draw(st.integers(0, len(right) - 1))
    right[place] ^= data.draw(st.integers(1, 255))
    with pytest.raises(Malformed):
        read_pack(bytes(right), PUBLIC)


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not there")
def test_openssl_agrees_with_the_signature(tmp_path: Path) -> None:
    with zipfile.ZipFile(io.BytesIO(acme_pack())) as archive:
        archive.extractall(tmp_path, [MANIFEST, SIGNATURE])
    (tmp_path / "private.pem").write_bytes(PRIVATE)
    command = [
        "openssl",
        "pkeyutl",
        "-verify",
        "-inkey",
        "private.pem",
        "-rawin",
        "-in",
        MANIFEST,
        "-sigfile",
        SIGNATURE,
    ]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert "Signature Verified Successfully" in done.stdout
