import hashlib
import json
from datetime import date

import pytest

from monitor.catalog import pack_manifest
from monitor.catalog.pack_manifest import MAX_MANIFEST_BYTES, Manifest, Version, is_packed
from monitor.model.errors import Malformed

FILES = {"acme.yaml": b"format: 1\n", "data/mac_prefixes.LICENSE.txt": b"free\n"}
VERSION = Version(date(2026, 11, 22), 2)


def _text(**changes: object) -> bytes:
    tree = json.loads(Manifest.of(VERSION, FILES).written()) | changes
    return (json.dumps(tree, indent=1) + "\n").encode()


def test_versions_are_ordered_as_days_and_counters() -> None:
    texts = ["2025.12.31", "2026.01.01", "2026.01.01.1", "2026.01.01.2", "2026.01.01.10", "2026.11.22"]
    versions = [Version.parse(text) for text in texts]
    assert versions == sorted(versions)
    assert texts == [str(version) for version in versions]


@pytest.mark.parametrize(
    "text",
    [
        *("", "1.0", "2026.13.01", "2026.02.30", "2026.1.1", "2026.11.22.0", "2026.11.22.01", "2026.11.22\n"),
        *("٢٠٢٦.11.22", "0000.01.01", "2026.11.22.99999", "../2026.11.22"),
    ],
)
def test_what_is_no_version_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"write a day such as 2026\.11\.22"):
        Version.parse(text)


def test_a_version_is_of_a_day() -> None:
    assert Version.parse("1970.01.02.7").day_ns == 86_400_000_000_000


def test_what_is_written_is_read() -> None:
    manifest = Manifest.of(VERSION, FILES)
    assert Manifest.parse(manifest.written()) == manifest
    assert manifest.files["acme.yaml"].sha256 == hashlib.sha256(b"format: 1\n").hexdigest()
    assert manifest.files["acme.yaml"].size == 10


def test_the_order_of_files_changes_nothing() -> None:
    assert (
        Manifest.of(VERSION, FILES).written() == Manifest.of(VERSION, dict(reversed(FILES.items()))).written()
    )


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (b"", "not JSON"),
        (b"\xff", "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b"[]", "not one of signatures"),
        (_text(kind="firmware"), "not one of signatures"),
        (_text(format=2), "another format than 1"),
        (_text(version="new"), "has no version: not a version: 'new'"),
        (_text(version=None), "has no version"),
        (_text(files={}), "names no files"),
        (_text(files=[]), "names no files"),
        (_text(files={"acme.yaml": 1}), r"nothing sensible of 'acme\.yaml'"),
        (_text(files={"acme.yaml": {"bytes": True, "sha256": "0" * 64}}), "nothing sensible"),
        (_text(files={"acme.yaml": {"bytes": -1, "sha256": "0" * 64}}), "nothing sensible"),
        (_text(files={"acme.yaml": {"bytes": 1, "sha256": "0"}}), "nothing sensible"),
        (_text(more=1), "other fields or another layout"),
        (_text().strip(), "other fields or another layout"),
        (_text().replace(b'"format": 1,', b'"format": 1, "format": 1,'), "other fields or another layout"),
        (bytes(MAX_MANIFEST_BYTES + 1), f"at most {MAX_MANIFEST_BYTES} bytes"),
    ],
)
def test_a_manifest_that_is_wrong_is_refused(text: bytes, problem: str) -> None:
    with pytest.raises(Malformed, match=problem):
        Manifest.parse(text)


LEAVING = [
    "/etc/passwd.yaml",
    "../acme.yaml",
    "data/../../acme.yaml",
    "data/..yaml",
    "..yaml",
    "./acme.yaml",
    "data\\acme.yaml",
    "..\\acme.yaml",
    "C:acme.yaml",
    "C:\\acme.yaml",
    "data//acme.txt",
    "data/more/acme.txt",
    "schema/acme.txt",
    "~/acme.yaml",
    ".acme.yaml",
    "acme.yaml/",
    "acme.yaml\n",
    "acme.yaml\0.txt",
    "acme\u202e.yaml",
    "acme.py",
    "data",
    "",
    "a" * 300 + ".yaml",
]


@pytest.mark.parametrize("name", LEAVING)
def test_a_name_that_could_leave_its_folder_is_refused(name: str) -> None:
    assert not is_packed(name)
    with pytest.raises(Malformed, match="no name for a file in a pack"):
        Manifest.of(VERSION, {name: b""})
    facts = {"bytes": 0, "sha256": hashlib.sha256(b"").hexdigest()}
    with pytest.raises(Malformed, match="no name for a file in a pack"):
        Manifest.parse(_text(files={name: facts}))


def test_names_that_differ_in_case_only_are_refused() -> None:
    with pytest.raises(Malformed, match=r"'Acme\.yaml' and 'acme\.yaml' differ in case only"):
        Manifest.of(VERSION, {"Acme.yaml": b"", "acme.yaml": b""})


def test_too_many_files_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pack_manifest, "MAX_ENTRIES", 1)
    with pytest.raises(Malformed, match="at most 1 files"):
        Manifest.of(VERSION, FILES)


@pytest.mark.parametrize(
    ("files", "problem"),
    [
        ({"acme.yaml": FILES["acme.yaml"]}, "LICENSE.txt' is missing"),
        (FILES | {"more.yaml": b""}, r"'more\.yaml' is not in the manifest"),
        (FILES | {"acme.yaml": b"format: 2\n"}, r"'acme\.yaml' is not what the manifest says"),
    ],
)
def test_other_files_than_promised_are_refused(files: dict[str, bytes], problem: str) -> None:
    manifest = Manifest.of(VERSION, FILES)
    manifest.check(FILES)
    with pytest.raises(Malformed, match=problem):
        manifest.check(files)
