from pathlib import Path

from monitor.catalog.catalog import Catalog
from monitor.catalog.holder import CatalogHolder
from tests.catalog._builders import file_text, observe, signature_text

ASKED = observe("dns_query", {"dns.query": "fota.acme.example"})


def folder(tmp_path: Path, *signatures: str) -> Path:
    (tmp_path / "acme.yaml").write_text(file_text(*signatures))
    return tmp_path


def several(count: int) -> list[str]:
    return [signature_text(f"fota-{place}") for place in range(count)]


def test_a_reload_puts_the_new_set_in_place_at_once(tmp_path: Path) -> None:
    holder = CatalogHolder(Catalog.load([folder(tmp_path)]))
    before = holder.current
    other = signature_text(title="Another title")
    done = holder.reload(lambda: Catalog.load([folder(tmp_path, other)]))
    assert (True, None) == done
    assert ["Firmware check"] == [one.title for one in before.match(ASKED)]
    assert ["Another title"] == [one.title for one in holder.current.match(ASKED)]


def test_the_same_set_again_changes_nothing(tmp_path: Path) -> None:
    holder = CatalogHolder(Catalog.load([folder(tmp_path)]))
    before = holder.current
    assert (False, None) == holder.reload(lambda: Catalog.load([folder(tmp_path)]))
    assert before is holder.current
    assert (1, 0) == (holder.reloads, holder.refusals)


def test_a_broken_set_is_refused_and_the_old_one_stays(tmp_path: Path) -> None:
    holder = CatalogHolder(Catalog.load([folder(tmp_path)]))
    (tmp_path / "acme.yaml").write_text("format: 1\n")
    done = holder.reload(lambda: Catalog.load([tmp_path]))
    assert not done.changed
    assert "acme.yaml" in str(done.refused)
    assert 1 == len(holder.current.match(ASKED))
    assert (0, 1) == (holder.reloads, holder.refusals)


def test_an_empty_set_is_refused(tmp_path: Path) -> None:
    holder = CatalogHolder(Catalog.load([folder(tmp_path)]))
    (tmp_path / "acme.yaml").unlink()
    assert "holds no signature files" in str(holder.reload(lambda: Catalog.load([tmp_path])).refused)
    assert 1 == len(holder.current.signatures)


def test_a_much_smaller_set_is_refused_and_a_little_smaller_one_is_not(tmp_path: Path) -> None:
    holder = CatalogHolder(Catalog.load([folder(tmp_path, *several(10))]))
    refused = holder.reload(lambda: Catalog.load([folder(tmp_path, *several(4))])).refused
    assert "has 4 signatures, the old one 10" in str(refused)
    assert holder.reload(lambda: Catalog.load([folder(tmp_path, *several(5))])).changed
    assert 5 == len(holder.current.signatures)


def test_whoever_holds_the_old_set_goes_on_with_it(tmp_path: Path) -> None:
    holder = CatalogHolder(Catalog.load([folder(tmp_path)]))
    match = holder.current.match

    def load() -> Catalog:
        assert 1 == len(match(ASKED)), "an observation comes while the new set is read"
        return Catalog.load([folder(tmp_path, signature_text(title="New"))])

    assert holder.reload(load).changed
    assert ["Firmware check"] == [one.title for one in match(ASKED)]
