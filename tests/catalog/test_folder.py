from pathlib import Path

from monitor.catalog import folder
from monitor.catalog.faults import Faults
from tests.catalog._builders import file_text


def test_the_bundled_folder_holds_vendor_files() -> None:
    assert list(folder.bundled_folder().glob("*.yaml"))


def test_an_installed_copy_finds_its_own_folder(tmp_path: Path) -> None:
    (tmp_path / "_bundled" / "signatures").mkdir(parents=True)
    assert tmp_path / "_bundled" / "signatures" == folder.bundled_folder(tmp_path)


def test_files_come_in_the_order_of_their_names(tmp_path: Path) -> None:
    for name in ("beta", "acme"):
        (tmp_path / f"{name}.yaml").write_text(file_text().replace("acme", name))
    faults = Faults()
    found = [file.vendor.id for file in folder.vendor_files(tmp_path, faults, local=False)]
    assert (["acme", "beta"], []) == (found, faults.errors)


def test_a_file_that_is_not_utf8_is_told_and_the_others_are_read(tmp_path: Path) -> None:
    (tmp_path / "acme.yaml").write_text(file_text())
    (tmp_path / "bad.yaml").write_bytes(b"name: \xff\n")
    faults = Faults()
    assert 1 == len(list(folder.vendor_files(tmp_path, faults, local=False)))
    assert "bad.yaml: not UTF-8: invalid start byte at byte 6" in str(faults.errors[0])


def test_tables_beside_the_files_are_read_and_a_wrong_row_has_its_line(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    (data / "mac_prefixes.csv").write_text(
        "vendor,prefix,holder,scope\nacme,009B08,Acme,own\nacme,xyz,Acme,own\nbig,00259E,Big,mixed\n"
    )
    (data / "tac_test.csv").write_text("vendor,tac,model\nacme,86307101,M95\nacme,123,M95\n")
    faults = Faults()
    macs = list(folder.mac_table(tmp_path, faults))
    tacs = list(folder.tac_tables(tmp_path, faults))
    assert [(0x009B08, False), (0x00259E, True)] == [(prefix.value, prefix.mixed) for prefix in macs]
    assert ["86307101"] == [tac.tac for tac in tacs]
    assert ["mac_prefixes.csv:3", "tac_test.csv:3"] == [
        str(error.location).rpartition("/")[2] for error in faults.errors
    ]


def test_lists_of_a_site_are_read(tmp_path: Path) -> None:
    (tmp_path / "blocked.txt").write_text("# vendor: acme\n# confidence: low\na.example\n")
    (tmp_path / "README.md").write_text("not a list")
    faults = Faults()
    assert ["acme.blocked"] == [found.id for found in folder.plain_lists(tmp_path, faults)]
