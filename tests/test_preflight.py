"""What a fresh machine is given: as much as it knows, without a service that starts, and with nothing left behind."""

from __future__ import annotations

import os
import signal
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.kit.script import script

if TYPE_CHECKING:
    from pathlib import Path

preflight = script("preflight.py")
KNOWN = """\
mosquitto:
  Installed: (none)
  Candidate: 2.0.11-1.2+deb12u2
  Version table:
"""
NONE = KNOWN.replace("2.0.11-1.2+deb12u2", "(none)")
SNAP = KNOWN.replace("2.0.11-1.2+deb12u2", "2:1snap1-0ubuntu2")


@pytest.mark.parametrize(
    ("policy", "is_on_offer"), [(KNOWN, True), (NONE, False), (SNAP, False), ("", False)]
)
def test_only_what_apt_can_install_is_installed(policy: str, *, is_on_offer: bool) -> None:
    assert preflight.is_on_offer(policy) is is_on_offer


def test_no_service_starts_meanwhile_and_nothing_is_left(tmp_path: Path) -> None:
    policy = tmp_path / "policy-rc.d"
    with preflight.no_service_starts([], policy) as is_held:
        assert is_held
        assert subprocess.run([str(policy), "mosquitto", "start"], check=False).returncode == 101
    assert not policy.exists()


def test_the_policy_goes_when_the_installation_breaks_off(tmp_path: Path) -> None:
    policy = tmp_path / "policy-rc.d"
    before = signal.getsignal(signal.SIGTERM)
    with pytest.raises(SystemExit):
        _break_off(policy)
    assert not policy.exists()
    assert signal.getsignal(signal.SIGTERM) is before


def _break_off(policy: Path) -> None:
    with preflight.ending_in_order(), preflight.no_service_starts([], policy):
        assert policy.exists()
        os.kill(os.getpid(), signal.SIGTERM)
        pytest.fail("goes on")


def test_a_policy_of_somebody_else_stays_as_it_is(tmp_path: Path) -> None:
    policy = tmp_path / "policy-rc.d"
    policy.write_text("#!/bin/sh\nexit 0\n")
    with preflight.no_service_starts([], policy) as is_held:
        assert is_held
    assert policy.read_text() == "#!/bin/sh\nexit 0\n"


def test_a_policy_that_a_killed_run_left_is_taken_away(tmp_path: Path) -> None:
    policy = tmp_path / "policy-rc.d"
    policy.write_text(f"#!/bin/sh\n# {preflight.MARK}\nexit 101\n")
    with preflight.no_service_starts([], policy) as is_held:
        assert is_held
        assert os.access(policy, os.X_OK)
    assert not policy.exists()


def test_without_a_policy_nothing_is_installed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    ran: list[str] = []
    monkeypatch.setattr(preflight, "POLICY", tmp_path / "missing" / "policy-rc.d")
    monkeypatch.setattr(preflight, "as_root", list)
    monkeypatch.setattr(preflight, "apt", lambda _root, *words: ran.append(words[0]))
    monkeypatch.setattr(preflight.shutil, "which", lambda name: f"/usr/bin/{name}")
    preflight.install(["mosquitto"])
    assert ran == []
    assert "services might start" in capsys.readouterr().err


def test_a_package_that_cannot_be_installed_costs_only_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran: list[tuple[str, ...]] = []

    def apt(_root: list[str], *words: str) -> bool:
        ran.append(
            tuple(word for word in words if word in {"update", "nftables", "dnsmasq-base", "chromium"})
        )
        return "dnsmasq-base" not in words

    policies = {"nftables": KNOWN, "dnsmasq-base": KNOWN, "chromium": NONE}
    monkeypatch.setattr(preflight, "POLICY", tmp_path / "policy-rc.d")
    monkeypatch.setattr(preflight, "as_root", list)
    monkeypatch.setattr(preflight, "apt", apt)
    monkeypatch.setattr(preflight, "policy_of", policies.__getitem__)
    monkeypatch.setattr(preflight.shutil, "which", lambda name: f"/usr/bin/{name}")
    preflight.install(["chromium", "dnsmasq-base", "nftables"])
    assert ran == [("update",), ("dnsmasq-base", "nftables"), ("dnsmasq-base",), ("nftables",)]


@pytest.mark.parametrize(("what", "status"), [("test", 0), ("venv", 1)])
def test_what_is_missing_is_told_by_name_and_stops_only_what_needs_it(
    what: str, status: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked: list[list[str]] = []
    monkeypatch.setattr(preflight, "missing_for", lambda _: {"nft": "nftables", "tshark": "tshark"})
    monkeypatch.setattr(preflight, "install", asked.append)
    assert preflight.main(what) == status
    assert asked == [["nftables", "tshark"]]
    told = capsys.readouterr().err
    assert "  nft (Debian package nftables)\n  tshark (Debian package tshark)\n" in told


def test_where_all_is_there_nothing_is_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preflight, "found", lambda _: True)
    monkeypatch.setattr(preflight, "install", lambda _: pytest.fail("installs"))
    assert preflight.main("test") == 0
