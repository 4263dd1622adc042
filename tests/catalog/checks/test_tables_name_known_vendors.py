from dataclasses import replace

from monitor.catalog.checks.tables_name_known_vendors import CHECK
from monitor.catalog.identity_block import mac_prefix
from monitor.catalog.records import Tac
from tests.catalog._builders import file_text
from tests.catalog.checks._subject import said, subject


def test_an_unknown_vendor_of_a_table_is_told_with_the_nearest() -> None:
    macs = [mac_prefix("009B08", "acmee", "Acme"), mac_prefix("009B09", "acme", "Acme")]
    tacs = [Tac(tac="86307101", vendor_id="zzz", model="?")]
    assert [
        "a table in data/ names vendor 'acmee', which has no file; did you mean 'acme'?",
        "a table in data/ names vendor 'zzz', which has no file",
    ] == said(CHECK, subject(file_text(), macs=macs, tacs=tacs))


def test_a_vendor_whose_file_may_be_one_that_could_not_be_read_is_not_told() -> None:
    tacs = [Tac(tac="86307101", vendor_id="zzz", model="?")]
    assert [] == said(CHECK, replace(subject(file_text(), tacs=tacs), is_whole=False))
