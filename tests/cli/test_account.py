import os
import pwd
from pathlib import Path

import pytest

from monitor.cli import account
from monitor.cli.account import Account, account_for, check_writable, hand_over, live_at_home
from tests.kit.confined import needs_root

ENTRY = pwd.struct_passwd(("umbilical", "x", 990, 991, "", "/nonexistent", "/usr/sbin/nologin"))


@pytest.fixture
def as_root(monkeypatch: pytest.MonkeyPatch) -> None:
    """Root, on a host where every account reads the program."""
    monkeypatch.setattr("os.geteuid", lambda: 0)
    monkeypatch.setattr(account, "_unreadable_by", lambda _: None)


def _accounts(monkeypatch: pytest.MonkeyPatch, *entries: pwd.struct_passwd) -> None:
    known = {entry.pw_name: entry for entry in entries}
    monkeypatch.setattr("pwd.getpwnam", known.__getitem__)


def _entry(name: str, uid: int) -> pwd.struct_passwd:
    return pwd.struct_passwd((name, "x", uid, uid + 1, "", "/", ""))


@pytest.mark.usefixtures("as_root")
class TestTheAccountToBecome:
    def test_our_own_account_comes_first(self, monkeypatch: pytest.MonkeyPatch) -> None:
        _accounts(monkeypatch, ENTRY, _entry("ann", 1000), _entry("nobody", 65534))
        assert account_for(None, environment={"SUDO_USER": "ann"}) == Account(
            name="umbilical", uid=990, gid=991, home="/nonexistent"
        )

    def test_then_who_called_sudo_then_nobody(self, monkeypatch: pytest.MonkeyPatch) -> None:
        _accounts(monkeypatch, _entry("ann", 1000), _entry("root", 0), _entry("nobody", 65534))
        for caller, expected in (("ann", "ann"), ("root", "nobody"), ("", "nobody"), ("gone", "nobody")):
            became = account_for(None, environment={"SUDO_USER": caller})
            assert became is not None
            assert expected == became.name

    def test_without_any_root_stays_and_says_why(self, monkeypatch: pytest.MonkeyPatch) -> None:
        _accounts(monkeypatch)
        became = account_for(None, environment={})
        assert became is not None
        assert (0, True) == (became.uid, "there is no other account" in became.problem)

    def test_an_account_that_cannot_read_the_program_is_passed_over_or_refused(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        _accounts(monkeypatch, ENTRY)
        monkeypatch.setattr(account, "_unreadable_by", lambda _: "/root/os.py")
        became = account_for(None, environment={})
        assert became is not None
        assert "umbilical cannot read /root/os.py" in became.problem
        with pytest.raises(ValueError, match=r"umbilical cannot read /root/os\.py; install umbilical where"):
            account_for("umbilical")

    def test_an_account_that_is_missing_is_told_with_the_command_that_makes_it(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        _accounts(monkeypatch)
        with pytest.raises(ValueError, match=r"useradd --system .* sensor"):
            account_for("sensor")

    def test_a_group_may_be_another(self, monkeypatch: pytest.MonkeyPatch) -> None:
        _accounts(monkeypatch, ENTRY)
        assert account_for("umbilical", "0") == Account(name="umbilical", uid=990, gid=0, home="/nonexistent")
        with pytest.raises(ValueError, match="groupadd --system nogroup-at-all"):
            account_for("umbilical", "nogroup-at-all")


class TestWithoutRoot:
    def test_we_stay_who_we_are(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("os.geteuid", lambda: 1000)
        _accounts(monkeypatch, _entry("ann", 1000), ENTRY)
        assert account_for(None) is None
        assert account_for("ann") is None
        with pytest.raises(ValueError, match="only root can become 'umbilical'"):
            account_for("umbilical")


@needs_root
def test_whether_an_account_reads_the_program_is_asked_as_that_account(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hidden = tmp_path / "hidden.py"
    hidden.touch(mode=0o600)
    monkeypatch.setattr("monitor.__file__", str(hidden))
    monkeypatch.setattr("os.__file__", "/etc/passwd")
    assert str(hidden) == account._unreadable_by(Account(name="nobody", uid=65534, gid=65534))
    assert account._unreadable_by(Account(name="root", uid=0, gid=0)) is None
    assert os.geteuid() == 0


def test_data_is_looked_for_where_it_can_be_read_later(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HOME", "USER", "LOGNAME"):
        monkeypatch.setenv(name, "root")
    live_at_home(None)
    assert "root" == os.environ["HOME"]
    live_at_home(Account(name="ann", uid=1000, gid=1000, home="/home/ann"))
    assert ("/home/ann", "ann", "ann") == tuple(os.environ[name] for name in ("HOME", "USER", "LOGNAME"))


class TestFolders:
    def test_a_missing_folder_is_made_and_an_old_one_left_alone(self, tmp_path: Path) -> None:
        folder = tmp_path / "a" / "b"
        me = Account(name="me", uid=os.getuid(), gid=os.getgid())
        hand_over(folder, me)
        assert 0o750 == folder.stat().st_mode & 0o777
        folder.chmod(0o700)
        hand_over(folder, me)
        assert 0o700 == folder.stat().st_mode & 0o777
        check_writable(folder)

    @needs_root
    def test_a_made_folder_belongs_to_the_account(self, tmp_path: Path) -> None:
        hand_over(tmp_path / "state", Account(name="nobody", uid=65534, gid=65533))
        status = (tmp_path / "state").stat()
        assert (65534, 65533) == (status.st_uid, status.st_gid)

    def test_a_folder_that_cannot_be_used_is_told_with_its_remedy(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with pytest.raises(ValueError, match="no such folder; make it: mkdir -p"):
            check_writable(tmp_path / "none")
        monkeypatch.setattr("os.access", lambda *_: False)
        with pytest.raises(ValueError, match=r"cannot write here; give it away: chown -R \w+: "):
            check_writable(tmp_path)
