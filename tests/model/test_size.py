"""Sizes as people write them."""

from __future__ import annotations

import pytest

from monitor.model.size import size_bytes, size_text


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("64MiB", 1 << 26),
        ("1 GB", 10**9),
        ("12B", 12),
        ("4096", 4096),
        ("3KiB", 3072),
        ("2kB", 2000),
        ("1GiB", 1 << 30),
        (" 5MB ", 5_000_000),
        ("0", 0),
    ],
)
def test_sizes_are_read(text: str, size: int) -> None:
    assert size == size_bytes(text)


@pytest.mark.parametrize("text", ["", "lots", "1.5GiB", "-1MB", "64mib", "MiB", "1 1", "٣MiB", "9" * 40])
def test_what_is_no_size_is_refused_with_what_is_accepted(text: str) -> None:
    with pytest.raises(ValueError, match="64MiB"):
        size_bytes(text)


@pytest.mark.parametrize("text", ["64MiB", "1GiB", "2kB", "12B", "1MB", "0B"])
def test_a_size_is_written_as_people_do(text: str) -> None:
    assert text == size_text(size_bytes(text))
