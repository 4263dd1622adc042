from collections.abc import Iterator

from monitor.catalog.shape import FILE, Key, Kind, Shape


def keys(shape: Shape) -> Iterator[tuple[str, Key]]:
    for name, key in shape.items():
        yield name, key
        yield from keys(key.shape or {})


def test_every_key_is_explained() -> None:
    assert [] == [name for name, key in keys(FILE) if not key.meaning.endswith(".")]


def test_what_a_key_needs_goes_with_its_kind() -> None:
    for name, key in keys(FILE):
        assert (key.kind is Kind.CHOICE) == (key.choices is not None), name
        assert (key.kind in {Kind.BLOCK, Kind.BLOCKS}) == (key.shape is not None), name
        assert (key.pattern is None) == (not key.pattern_means), name
