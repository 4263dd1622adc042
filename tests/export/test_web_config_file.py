import os
from pathlib import Path

import bcrypt
import pytest

from monitor.export._web_config_file import WebConfigFile
from monitor.model.errors import ConfigError
from tests.kit.https_server import new_authority

ALICE = f"basic_auth_users:\n  alice: {bcrypt.hashpw(b'a', b'$2b$04$abcdefghijklmnopqrstuu').decode()}\n"
BOB = ALICE.replace("alice", "bob")
TLS = "tls_server_config:\n  cert_file: server.pem\n  key_file: server.pem\n"
_times = iter(range(1_800_000_000, 1_900_000_000))


def write(path: Path, text: str) -> Path:
    """Write with a time that no earlier file had."""
    path.write_text(text)
    moment = next(_times)
    os.utime(path, (moment, moment))
    return path


def test_without_a_file_nothing_is_asked_for() -> None:
    assert WebConfigFile(None).current().users == {}


def test_a_file_that_cannot_be_used_is_refused_at_the_start(tmp_path: Path) -> None:
    with pytest.raises(ConfigError):
        WebConfigFile(write(tmp_path / "web.yml", "nonsense: 1\n"))


def test_a_change_is_in_use_at_once(tmp_path: Path) -> None:
    path = write(tmp_path / "web.yml", ALICE)
    held = WebConfigFile(path)
    assert held.current() is held.current()
    write(path, BOB)
    assert list(held.current().users) == ["bob"]


def test_a_file_that_breaks_leaves_the_old_one_and_is_told_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = write(tmp_path / "web.yml", ALICE)
    held = WebConfigFile(path)
    write(path, ALICE + "nonsense: 1\n")
    for _ in range(3):
        assert list(held.current().users) == ["alice"]
    assert held.fault is not None
    assert "unknown field 'nonsense'" in held.fault
    assert len([record for record in caplog.records if "the old one stays" in record.message]) == 1
    write(path, BOB)
    assert list(held.current().users) == ["bob"]
    assert held.fault is None


def test_a_file_that_vanishes_leaves_the_old_one(tmp_path: Path) -> None:
    path = write(tmp_path / "web.yml", ALICE)
    held = WebConfigFile(path)
    path.unlink()
    assert list(held.current().users) == ["alice"]
    assert held.fault is not None


@pytest.mark.parametrize("left", ["", ALICE, TLS])
def test_nothing_is_opened_up_without_a_restart(left: str, tmp_path: Path) -> None:
    new_authority(tmp_path)
    path = write(tmp_path / "web.yml", TLS + ALICE)
    held = WebConfigFile(path)
    write(path, left)
    now = held.current()
    assert now.tls is not None
    assert list(now.users) == ["alice"]
    assert held.fault is not None
    assert "takes a restart" in held.fault


def test_clients_are_not_asked_for_less_without_a_restart(tmp_path: Path) -> None:
    new_authority(tmp_path)
    asking = TLS + "  client_auth_type: RequireAndVerifyClientCert\n  client_ca_file: ca.pem\n"
    path = write(tmp_path / "web.yml", asking + "  client_allowed_sans: [x]\n")
    held = WebConfigFile(path)
    for left in (asking, TLS):
        write(path, left)
        assert held.current().allowed_sans == ("x",)
        assert held.fault is not None


def test_a_new_certificate_is_read_though_the_configuration_is_the_same(tmp_path: Path) -> None:
    new_authority(tmp_path)
    held = WebConfigFile(write(tmp_path / "web.yml", TLS))
    before = held.current().tls
    os.utime(tmp_path / "server.pem", (1, 1))
    assert held.current().tls is not before
    assert held.fault is None
