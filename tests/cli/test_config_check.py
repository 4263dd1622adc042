"""Every fault at once, each at the line that named it."""

import re
from pathlib import Path

import pytest

from monitor.cli.config_check import checked
from monitor.config.tree import Config
from monitor.model.errors import ConfigError

DEPLOY = Path(__file__).parents[2] / "deploy"
SHIPPED = sorted(str(path.relative_to(DEPLOY)) for path in DEPLOY.rglob("*.toml"))
_OF_THE_HOST = re.compile(r"\S+ sensor\.(user|group|state_folder|record_folder): ")


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


def test_a_file_that_is_no_toml_is_refused_whole(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"umbilical\.toml:1: not TOML"):
        checked(_file(tmp_path, "[sight"))


def test_what_is_wrong_in_itself_hides_nothing_that_others_name(tmp_path: Path) -> None:
    text = """\
[sight]
[catalog]
folders = ["nowhere"]
[sensor]
user = "nobody-at-all"
memory_budget = "450MiB"
workers = 4
[capture]
filter = "foo bar baz"
[export.alertmanager]
urls = ["ftp://x"]
timeout = "0s"
resend_evry = "1m"
[export.webhook]
url = "https://soc.example.org/"
secret_file = "missing"
ca_file = "gone.pem"
header_files = { Authorization = "token", X-Key = "key" }
"""
    keys = [fault.split(": ")[0:2] for fault in _faults(tmp_path, text)]
    assert [
        ["umbilical.toml:1", "sight"],
        ["umbilical.toml:3", "catalog.folders"],
        ["umbilical.toml:5", "sensor.user"],
        ["umbilical.toml:6", "sensor.memory_budget"],
        ["umbilical.toml:9", "capture.filter"],
        ["umbilical.toml:11", "export.alertmanager.urls"],
        ["umbilical.toml:12", "export.alertmanager.timeout"],
        ["umbilical.toml:13", "export.alertmanager.resend_evry"],
        ["umbilical.toml:16", "export.webhook.secret_file"],
        ["umbilical.toml:17", "export.webhook.ca_file"],
        ["umbilical.toml:18", "export.webhook.header_files.Authorization"],
        ["umbilical.toml:18", "export.webhook.header_files.X-Key"],
    ] == keys


def test_a_section_with_a_fault_is_no_cause_for_others(tmp_path: Path) -> None:
    """The budget is not known, so nobody can say that the flows do not fit into it."""
    text = '[sensor]\nmemory_budget = "huge"\n[flow]\ncapacity = 9999999999\n'
    result = checked(_file(tmp_path, text))
    assert ["sensor.memory_budget"] == [fault.split(": ")[1] for fault in result.faults]
    assert [] == result.notes


def test_an_output_is_not_blamed_for_what_is_looked_at_without_another_key(tmp_path: Path) -> None:
    (tmp_path / "no.pem").write_text("not one")
    text = """\
[export.syslog]
host = "siem.example.org"
transport = "tls"
certificate_file = "no.pem"
key_file = "no.pem"
"""
    assert ["export.syslog.certificate_file"] == [fault.split(": ")[1] for fault in _faults(tmp_path, text)]


def test_a_filter_that_watch_would_refuse_is_refused_here(tmp_path: Path) -> None:
    assert [] == _faults(tmp_path, '[capture]\nfilter = "udp port 53"\n')
    (fault,) = _faults(tmp_path, '[capture]\nfilter = "foo bar baz"\n')
    assert fault.startswith("umbilical.toml:2: capture.filter: 'foo bar baz': ")
    assert fault.endswith("syntax error")


def test_a_filter_that_nothing_here_can_compile_is_a_note(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise ValueError("a filter needs libpcap")

    monkeypatch.setattr("monitor.capture.filter._compiled", refuse)
    result = checked(_file(tmp_path, '[capture]\nfilter = "foo bar baz"\n'))
    assert [] == result.faults
    assert "capture.filter is not checked: a filter needs libpcap" in result.notes


def test_what_need_not_be_wrong_is_a_note(tmp_path: Path) -> None:
    result = checked(_file(tmp_path, '[sensor]\ninterfaces = ["nosuch0"]'))
    assert [] == result.faults
    assert any("no interface nosuch0" in note for note in result.notes)


def test_a_folder_that_cannot_be_written_is_told_with_the_command_that_makes_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.access", lambda *_: False)
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


def test_metrics_without_a_web_configuration_are_whole(tmp_path: Path) -> None:
    assert [] == _faults(tmp_path, '[export.prometheus]\nlisten = ":9777"\n')
    assert [] == _faults(tmp_path, '[export.prometheus]\nweb_config = ""\n')


def test_there_are_configurations_that_ship() -> None:
    assert {"umbilical.toml", "kubernetes/umbilical.toml"} <= {*SHIPPED}


@pytest.mark.parametrize("name", SHIPPED)
def test_a_configuration_that_ships_is_whole_wherever_its_folders_and_accounts_are(name: str) -> None:
    assert [] == [fault for fault in checked(DEPLOY / name).faults if not _OF_THE_HOST.match(fault)]


def test_what_the_installer_writes_is_whole(tmp_path: Path) -> None:
    script = (DEPLOY / "install.sh").read_text("utf-8")
    written = script.partition("    cat <<EOF\n# The site's configuration.")[2].partition("\nEOF\n")[0]
    assert "pack_folder" in written
    text = written.replace("[$interfaces]", '["eth1"]').replace("$STATE_FOLDER", str(tmp_path))
    assert [] == _faults(tmp_path, f"#{text}")


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


def test_flows_that_no_budget_has_room_for_are_named_as_the_cause(tmp_path: Path) -> None:
    (fault,) = _faults(tmp_path, '[flow]\ncapacity = 9999999999\n[sensor]\nmemory_budget = "2GiB"\n')
    assert fault.startswith("umbilical.toml:4: sensor.memory_budget: at least ")
    assert fault.endswith("or take fewer flows (flow.capacity)")
