"""Every fault at once, each at the line that named it."""

from pathlib import Path

import pytest

from monitor.cli.config_check import checked
from monitor.config.tree import Config
from monitor.model.errors import ConfigError


@pytest.fixture(autouse=True)
def _by_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("STATE_DIRECTORY", raising=False)


def _file(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "umbilical.toml"
    path.write_text(text)
    return path


def _faults(tmp_path: Path, text: str) -> list[str]:
    found = checked(_file(tmp_path, text)).faults
    return [fault.replace(f"{tmp_path}/", "") for fault in found]


def test_the_defaults_are_whole() -> None:
    result = checked(None)
    assert ([], Config()) == (result.faults, result.config)
    assert result.catalog is not None
    assert result.geoip is not None


def test_all_that_is_named_and_wrong_is_told_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "no.mmdb").write_text("not one")
    text = """\
[catalog]
folders = [
  "nowhere",
]
[geoip]
database = [
  "embedded",
  "gone.mmdb",
  "no.mmdb",
]
[sensor]
user = "nobody-at-all"
state_folder = "umbilical.toml/below"
"""
    starts = [
        "umbilical.toml:2: catalog.folders: nowhere: no such folder",
        "umbilical.toml:8: geoip.database: gone.mmdb: no such file",
        "umbilical.toml:9: geoip.database: no.mmdb: not a MaxMind DB file",
        "umbilical.toml:12: sensor.user: there is no account 'nobody-at-all'",
        "umbilical.toml:13: sensor.state_folder: umbilical.toml: is no folder",
    ]
    faults = _faults(tmp_path, text)
    assert len(faults) == len(starts)
    for fault, start in zip(faults, starts, strict=True):
        assert fault.startswith(start)


def test_a_signature_with_a_fault_is_told_with_its_own_line(tmp_path: Path) -> None:
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "acme.yaml").write_text("format: 1\nvendorr: {}\n")
    faults = _faults(tmp_path, '[catalog]\nfolders = ["own"]\n')
    assert any(fault.startswith("own/acme.yaml:2: ") for fault in faults)


def test_a_file_that_is_wrong_in_itself_is_refused_whole(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"umbilical\.toml:1: sight: unknown name"):
        checked(_file(tmp_path, "[sight]"))


def test_what_need_not_be_wrong_is_a_note(tmp_path: Path) -> None:
    result = checked(_file(tmp_path, '[sensor]\ninterfaces = ["nosuch0"]'))
    assert [] == result.faults
    assert any("no interface nosuch0" in note for note in result.notes)


def test_a_folder_that_cannot_be_written_is_told_with_the_command_that_makes_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("monitor.cli.config_check.os.access", lambda *_: False)
    (fault,) = _faults(tmp_path, '[sensor]\nrecord_folder = "a/b"')
    assert fault.startswith("umbilical.toml:2: sensor.record_folder: a/b: is missing, and ")
    assert "install -d -o" in fault


def test_nothing_is_made(tmp_path: Path) -> None:
    assert [] == _faults(tmp_path, '[sensor]\nstate_folder = "a/b"\nrecord_folder = "c"')
    assert ["umbilical.toml"] == [path.name for path in tmp_path.iterdir()]


def test_files_of_outputs_are_opened_and_wrong_ones_told_at_their_key(tmp_path: Path) -> None:
    (tmp_path / "no.pem").write_text("not one")
    text = """\
[export.jsonl]
path = "nowhere/alerts.jsonl"
[export.webhook]
url = "https://soc.example.org/"
secret_file = "secret"
[export.syslog]
transport = "tls"
ca_file = "no.pem"
[export.prometheus]
web_config = "gone.yml"
"""
    starts = [
        "umbilical.toml:2: export.jsonl.path: nowhere: no such folder; make it: mkdir -p ",
        "umbilical.toml:5: export.webhook.secret_file: secret: ",
        "umbilical.toml:8: export.syslog.ca_file: no.pem: ",
        "umbilical.toml:10: export.prometheus.web_config: gone.yml",
    ]
    faults = _faults(tmp_path, text)
    assert len(faults) == len(starts)
    for fault, start in zip(faults, starts, strict=True):
        assert fault.startswith(start)


def test_faults_of_the_web_configuration_are_told_with_its_own_lines(tmp_path: Path) -> None:
    (tmp_path / "web.yml").write_text("basic_auth_users:\n  ann: not-a-hash\nnonsense: 1\n")
    faults = _faults(tmp_path, '[export.prometheus]\nweb_config = "web.yml"\n')
    assert ["web.yml", "web.yml"] == [fault.partition(":")[0] for fault in faults]
    assert all(fault.split(":")[1].isdecimal() for fault in faults)


def test_a_secret_that_everybody_may_read_is_a_note(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("0123456789abcdef0123456789abcdef")
    file = _file(tmp_path, '[export.webhook]\nurl = "https://soc.example.org/"\nsecret_file = "secret"\n')
    secret.chmod(0o644)
    assert any(f"chmod o= {secret}" in note for note in checked(file).notes)
    secret.chmod(0o640)
    assert not any("chmod" in note for note in checked(file).notes)


def test_a_budget_that_the_sensor_would_refuse_is_refused_here(tmp_path: Path) -> None:
    four = '[sensor]\nworkers = 4\ninterfaces = ["lo"]\nmemory_budget = "900MiB"\nstate_folder = "."\n'
    (fault,) = _faults(tmp_path, four)
    assert fault.startswith("umbilical.toml:4: sensor.memory_budget: at least 1042MiB for 4 workers")


def test_tables_that_hold_little_are_a_note(tmp_path: Path) -> None:
    two = '[sensor]\nworkers = 2\ninterfaces = ["lo"]\nstate_folder = "."\n'
    assert any("tables hold 17% of what they could" in note for note in checked(_file(tmp_path, two)).notes)
