from pathlib import Path

from monitor.catalog.catalog import Catalog
from monitor.cli.mute_check import groups_of, idle_mutes
from monitor.config.reader import load

SITE = """
[site]
devices = [{name = "meter-1", address = "10.0.0.1", group = "meters"}]
[site.groups.cameras]
[alert]
mute = [
  {signature = "quectel.cloudot", reason = "x"},
  {vendor = "quectel", group = "meters", reason = "x"},
  {vendor = "nobody", group = "cameras", reason = "x"},
]
"""


def test_what_nothing_can_meet_is_noted_with_what_may_be_meant(tmp_path: Path) -> None:
    path = tmp_path / "site.toml"
    path.write_text(SITE)
    config = load(path)
    assert list(idle_mutes(config, Catalog.load(None))) == [
        "alert.mute, entry 1: there is no signature 'quectel.cloudot'; did you mean 'quectel.cloudota'?",
        "alert.mute, entry 3: there is no vendor 'nobody'",
    ]
    assert groups_of(config) == {"meters", "cameras"}
