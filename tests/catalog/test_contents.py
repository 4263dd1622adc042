from pathlib import Path

from monitor.catalog.contents import read_contents
from monitor.catalog.faults import Faults
from tests.catalog._builders import file_text, signature_text


def test_a_sites_file_adds_to_a_vendor_and_does_not_replace_it(tmp_path: Path) -> None:
    shipped, site = tmp_path / "shipped", tmp_path / "site"
    shipped.mkdir()
    site.mkdir()
    (shipped / "acme.yaml").write_text(file_text())
    (site / "acme.yaml").write_text(file_text(signature_text("own")).replace("Acme Wireless", "Renamed"))
    faults = Faults()
    contents = read_contents([shipped], [site], faults)
    assert [] == faults.errors
    assert ["acme.fota", "acme.own"] == [one.id for one in contents.signatures()]
    assert ["Acme Wireless"] == [vendor.name for vendor in contents.vendors()]


def test_tables_of_a_sites_folder_are_not_read(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "mac_prefixes.csv").write_text("vendor,prefix,holder,scope\nacme,009B08,Acme,own\n")
    assert [] == read_contents([], [tmp_path], Faults()).macs
    assert 1 == len(read_contents([tmp_path], [], Faults()).macs)


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    faults = Faults()
    read_contents([tmp_path / "a"], [tmp_path / "b"], faults)
    assert ["no such folder", "no such folder"] == [error.problem for error in faults.errors]
