from pathlib import Path

from monitor.cli.waiting import waiting_keys
from monitor.config.reader import load

OLD = """
[sensor]
interfaces = ["eth1"]
checkpoint_every = "1m"
[alert]
min_severity = "low"
"""


def _waiting(folder: Path, new: str) -> list[str]:
    (folder / "old.toml").write_text(OLD)
    (folder / "new.toml").write_text(new)
    return waiting_keys(load(folder / "old.toml"), load(folder / "new.toml"))


def test_what_a_reload_does_not_change_is_named_as_in_the_file(tmp_path: Path) -> None:
    new = OLD.replace("eth1", "eth2").replace("1m", "5s").replace('"low"', '"high"')
    new += '[capture]\nfilter = "port 53"\nring_size = "32MiB"\n[export.prometheus]\nlisten = ""\n'
    new += "[flow]\ncapacity = 1000\n"
    assert _waiting(tmp_path, new) == [
        "sensor.interfaces",
        "sensor.checkpoint_every",
        "capture.ring_size",
        "capture.filter",
        "export.prometheus.listen",
        "flow.capacity",
    ]


def test_what_a_reload_takes_does_not_wait(tmp_path: Path) -> None:
    new = (
        OLD.replace('"low"', '"high"')
        + '[site]\nhome_networks = ["10.0.0.0/8"]\n[flow]\nactive_timeout = "10m"\n'
    )
    assert _waiting(tmp_path, new) == []
