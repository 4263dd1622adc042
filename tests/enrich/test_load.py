from pathlib import Path

import pytest

from monitor.enrich.alias import Alias
from monitor.enrich.load import load
from monitor.model.errors import ConfigError
from tests.enrich.builder import observe


def test_an_enricher_is_put_together_from_what_ships() -> None:
    enricher = load(mac_vendor=lambda _mac: "quectel", aliases=[Alias(name="meter-17", address="10.0.0.7")])
    contact = enricher.enrich(observe("flow_start")).contact
    assert contact is not None
    assert ("meter-17", "quectel") == (contact.device.name, contact.device.maker_vendor)
    assert contact.device.maker == "Quectel Wireless Solutions Co.,Ltd."
    assert enricher.geoip.lookup("8.8.8.8").country == "US"


def test_a_missing_database_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no such file"):
        load(mac_vendor=lambda _mac: None, databases=[str(tmp_path / "none.mmdb")])
