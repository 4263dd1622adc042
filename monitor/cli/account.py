"""The account that the sensor becomes once its sockets are open, and whether it can use the folders it is given."""

import grp
import os
import pwd
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import monitor

OWN_ACCOUNT = "umbilical"
LAST_RESORT = "nobody"
PRIVATE_FOLDER = 0o750
_REMEDY = "install umbilical where every account may read, such as /opt/umbilical"


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """An account of this host."""

    name: str
    uid: int
    gid: int
    home: str = "/"
    problem: str = ""
    """Why it is not the one that it should be."""


def account_for(
    user: str | None, group: str | None = None, environment: Mapping[str, str] = os.environ
) -> Account | None:
    """Return the account to become; None to stay the one that started us. Raises ValueError that says what to do.

    Only root can become another. Without a wish it is our own account, else who called sudo, else nobody; root itself
    when none of them can read this program. Starts a process for a moment: for the main thread, before there are others.
    """
    if os.geteuid():
        _check_own(user)
        return None
    if user is None:
        return _by_default(group, environment)
    account = _account(_entry(user), group)
    unreadable = _unreadable_by(account)
    if unreadable is not None:
        raise ValueError(f"{user} cannot read {unreadable}; {_REMEDY}")
    return account


def live_at_home(account: Account | None) -> None:
    """Look for this program's own data in the account's home from now on, where it can still be read later."""
    if account is not None:
        os.environ |= {"HOME": account.home, "USER": account.name, "LOGNAME": account.name}


def hand_over(folder: Path, account: Account | None) -> None:
    """Make a folder that is missing, and give it to the account; one that is there is left as it is."""
    if folder.is_dir():
        return
    folder.mkdir(mode=PRIVATE_FOLDER, parents=True)
    if account is not None:
        os.chown(folder, account.uid, account.gid)


def check_writable(folder: Path) -> None:
    """Raise ValueError when this process, as it is now, cannot keep files in a folder."""
    if not folder.is_dir():
        raise ValueError(f"{folder}: no such folder; make it: mkdir -p {folder}")
    if not os.access(folder, os.W_OK | os.X_OK):
        name = _name_of(os.geteuid())
        raise ValueError(f"{folder}: {name} cannot write here; give it away: chown -R {name}: {folder}")


def _check_own(user: str | None) -> None:
    if user is None or _entry(user).pw_uid == os.geteuid():
        return
    raise ValueError(f"only root can become {user!r}; start as root, or as that account with CAP_NET_RAW")


def _by_default(group: str | None, environment: Mapping[str, str]) -> Account:
    reason = "there is no other account"
    for wanted in (OWN_ACCOUNT, environment.get("SUDO_USER", ""), LAST_RESORT):
        entry = _found(wanted)
        if entry is None or entry.pw_uid == 0:
            continue
        account = _account(entry, group)
        unreadable = _unreadable_by(account)
        if unreadable is None:
            return account
        reason = f"{wanted} cannot read {unreadable}"
    return Account(
        name="root", uid=0, gid=0, problem=f"runs as root, though without its rights: {reason}; {_REMEDY}"
    )


def _account(entry: pwd.struct_passwd, group: str | None) -> Account:
    gid = entry.pw_gid if group is None else _group(group)
    return Account(name=entry.pw_name, uid=entry.pw_uid, gid=gid, home=entry.pw_dir)


def _unreadable_by(account: Account) -> str | None:
    """Return a part of this program that an account cannot read, by asking as that account."""
    for path in (os.__file__, monitor.__file__):
        asker = os.fork()
        if asker == 0:
            os._exit(not _can_read(path, account))
        if os.waitstatus_to_exitcode(os.waitpid(asker, 0)[1]):
            return path
    return None


def _can_read(path: str, account: Account) -> bool:
    try:
        os.initgroups(account.name, account.gid)
        os.setresgid(account.gid, account.gid, account.gid)
        os.setresuid(account.uid, account.uid, account.uid)
        return os.access(path, os.R_OK)
    except OSError:
        return False


def _entry(user: str) -> pwd.struct_passwd:
    entry = _found(user)
    if entry is None:
        raise ValueError(
            f"there is no account {user!r}; make it: useradd --system --no-create-home --shell /usr/sbin/nologin {user}"
        )
    return entry


def _found(user: str) -> pwd.struct_passwd | None:
    try:
        return pwd.getpwuid(int(user)) if user.isdecimal() else pwd.getpwnam(user)
    except (KeyError, ValueError, OverflowError):
        return None


def _group(group: str) -> int:
    try:
        return (grp.getgrgid(int(group)) if group.isdecimal() else grp.getgrnam(group)).gr_gid
    except (KeyError, OverflowError) as error:
        raise ValueError(f"there is no group {group!r}; make it: groupadd --system {group}") from error


def _name_of(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)
