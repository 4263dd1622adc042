import contextlib
import io
import struct
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.catalog import pack_zip
from monitor.catalog.pack_zip import MAX_ENTRIES, MAX_PACK_BYTES, read_zip, write_zip
from monitor.model.errors import Malformed

ENTRIES = {"manifest.json": b"{}", "signatures/acme.yaml": b"format: 1\n", "signatures/data/empty.txt": b""}


def _by_library(comment: bytes = b"") -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("a.yaml", b"x" * 1000)
        archive.comment = comment
    return stream.getvalue()


def test_what_is_written_is_read() -> None:
    assert read_zip(write_zip(ENTRIES)) == ENTRIES


def test_any_zip_program_reads_it() -> None:
    with zipfile.ZipFile(io.BytesIO(write_zip(ENTRIES))) as archive:
        assert archive.testzip() is None
        assert {name: archive.read(name) for name in archive.namelist()} == ENTRIES
        assert {(one.date_time, one.external_attr >> 16) for one in archive.infolist()} == {
            ((1980, 1, 1, 0, 0, 0), 0o100644)
        }


@pytest.mark.parametrize("data", [b"", b"PK", b"not a zip", b"PK\5\6" + bytes(18), b"<html>404</html>"])
def test_what_is_no_pack_is_refused(data: bytes) -> None:
    with pytest.raises(Malformed, match="not a pack"):
        read_zip(data)


def test_a_bomb_is_refused_without_being_unpacked() -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("signatures/acme.yaml", bytes(50_000_000))
    assert len(stream.getvalue()) < 60_000
    with pytest.raises(Malformed, match=r"'signatures/acme\.yaml' is compressed"):
        read_zip(stream.getvalue())


@pytest.mark.parametrize("field", [18, 22])
def test_a_declared_size_that_is_a_lie_is_refused(field: int) -> None:
    data = bytearray(write_zip({"a.yaml": b"x"}))
    struct.pack_into("<I", data, field, 0xFFFF_FFFF)
    with pytest.raises(Malformed, match="compressed"):
        read_zip(bytes(data))
    struct.pack_into("<2I", data, 18, 0xFFFF_FFF0, 0xFFFF_FFF0)
    with pytest.raises(Malformed, match="cut short"):
        read_zip(bytes(data))


def test_too_many_bytes_and_entries_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(Malformed, match=f"at most {MAX_PACK_BYTES} bytes"):
        read_zip(bytes(MAX_PACK_BYTES + 1))
    monkeypatch.setattr(pack_zip, "MAX_ENTRIES", 2)
    with pytest.raises(Malformed, match="at most 2 entries"):
        read_zip(write_zip(ENTRIES))
    assert MAX_ENTRIES < 0xFFFF, "beyond that a zip needs other tables"


def test_a_name_that_is_there_twice_is_refused() -> None:
    one = write_zip({"a.yaml": b"x"})
    entry = one[: one.index(b"PK\1\2")]
    with pytest.raises(Malformed, match=r"'a\.yaml' is there twice"):
        read_zip(entry + one)


def test_a_link_is_refused() -> None:
    data = write_zip(ENTRIES).replace(struct.pack("<I", 0o100644 << 16), struct.pack("<I", 0o120777 << 16))
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert {one.external_attr >> 16 for one in archive.infolist()} == {0o120777}
    with pytest.raises(Malformed, match="no links"):
        read_zip(data)


def test_a_name_that_the_second_table_changes_is_refused() -> None:
    data = write_zip({"a.yaml": b"x"})
    place = data.rindex(b"a.yaml")
    with pytest.raises(Malformed, match="not in the one form"):
        read_zip(data[:place] + b"/.yaml" + data[place + 6 :])


@pytest.mark.parametrize("data", [_by_library(), _by_library(comment=b"x"), write_zip(ENTRIES) + b"x"])
def test_a_zip_of_another_program_is_refused(data: bytes) -> None:
    with pytest.raises(Malformed, match=r"form|entry"):
        read_zip(data)


def test_every_cut_and_every_changed_byte_of_the_tables_is_refused() -> None:
    data = write_zip(ENTRIES)
    for place in range(len(data)):
        with pytest.raises(Malformed):
            read_zip(data[:place])
        changed = data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :]
        with contextlib.suppress(Malformed):
            assert read_zip(changed) != ENTRIES


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=200).map(b"PK\3\4".__add__) | st.binary(max_size=100))
def test_bytes_of_a_stranger_raise_nothing_else(data: bytes) -> None:
    with pytest.raises(Malformed):
        read_zip(data)


@settings(max_examples=50, deadline=None)
@given(
    st.dictionaries(
        st.text(alphabet="abc./_", min_size=1, max_size=9), st.binary(max_size=50), min_size=1, max_size=6
    )
)
def test_any_entries_come_back(entries: dict[str, bytes]) -> None:
    assert list(read_zip(write_zip(entries)).items()) == list(entries.items())
