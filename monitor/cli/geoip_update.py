"""``umbilical geoip update | rollback``: newer geo-IP databases, only when a person or their timer asks for them."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from monitor.cli import options
from monitor.cli.failure import ExitStatus, fail, say, told_plainly

if TYPE_CHECKING:
    from monitor.cli.geoip_fetch import Errand
    from monitor.cli.geoip_provider import Provider
    from monitor.cli.geoip_store import GeoIpStore
    from monitor.config.tree import Config
    from monitor.enrich.installed import Installed

UPDATE_EXAMPLES = """\b
Examples:
  umbilical geoip update                              DB-IP Lite: no account is needed
  umbilical geoip update --config umbilical.toml      from whom [geoip] says
  umbilical geoip update --check                      exit status 1 when there is something newer
  umbilical geoip update GeoLite2-Country.tar.gz      a file that you brought: nothing is fetched

\b
The configuration says from whom, and who you are:
  [geoip]
  provider = "maxmind"                         or "dbip", "ipinfo"
  account_file = "/etc/umbilical/GeoIP.conf"   AccountID and LicenseKey; or the token; chmod 600
  folder = "/var/lib/umbilical/geoip"          by default in the XDG data home
  server = "https://mirror.example.org"        a mirror with the provider's paths

\b
Providers: DB-IP Lite (monthly, CC BY 4.0), MaxMind GeoLite2 (its own licence: old databases
must go, so there is no rollback), IPinfo Lite (CC BY-SA 4.0). $https_proxy is the way out and
$SSL_CERT_FILE says whom to trust, where they are set. Whatever is wrong with what comes, the
databases in use stay.

\b
Exit status: 0 done, or nothing newer; 1 with --check: something newer; 2 refused, or wrong
input; 75 try later. A running sensor uses new databases from its next reload:
  umbilical geoip update --config umbilical.toml && systemctl reload umbilical
"""
ROLLBACK_EXAMPLES = """\b
Examples:
  umbilical geoip rollback       back to the databases of before; once more: forth again
"""
_NEWER = 1
_KEY_REFUSED = frozenset({401, 403})

Files = Annotated[
    list[Path] | None,
    typer.Argument(
        metavar="FILE",
        help="databases that you brought (.mmdb, also gzip and tar) instead of fetching any",
        show_default=False,
    ),
]


def register(group: typer.Typer) -> None:
    """Add the commands to ``umbilical geoip``."""
    group.command(epilog=UPDATE_EXAMPLES, short_help="fetch newer databases, if there are any")(update)
    group.command(epilog=ROLLBACK_EXAMPLES, short_help="use the databases of before again")(rollback)


def update(
    files: Files = None,
    *,
    check: Annotated[bool, typer.Option("--check", help="only say whether there is something newer")] = False,
    force: Annotated[
        bool, typer.Option("--force", help="take also what is older or much smaller than what is in use")
    ] = False,
    config: options.ConfigFile = None,
) -> None:
    """Install newer geo-IP databases; whatever is wrong with them, those in use stay."""
    with _told():
        job = _job(_configuration(config), force=force)
        if check:
            sys.exit(_NEWER if _tell_newer(job) else ExitStatus.CLEAN)
        with job.store.held():
            installed = _install_files(job, files) if files else _install(job)
        if installed:
            _say_use(job, installed)


def rollback(*, config: options.ConfigFile = None) -> None:
    """Use the geo-IP databases of before again."""
    with _told():
        store = _store(_configuration(config))
        with store.held():
            used = store.roll_back()
    for name, one in used.items():
        say(f"in use again: {name}, built {one.built[:10]}")


def before_them(config: Path | None) -> list[str]:
    """Return a line for each database that a rollback would put in use."""
    with _told():
        configured = _configuration(config)
        if configured.geoip_folder is None:
            return []
        previous = _store(configured).previous()
    return [
        f"before it: {name}, built {one.built[:10]}; umbilical geoip rollback"
        for name, one in previous.items()
    ]


class _Job(NamedTuple):
    """What an update needs to know."""

    config: "Config"
    provider: "Provider"
    store: "GeoIpStore"
    errand: "Errand"


def _job(config: "Config", *, force: bool) -> _Job:
    from monitor.cli.geoip_fetch import Errand
    from monitor.cli.geoip_provider import PROVIDERS

    provider = PROVIDERS[config.geoip.provider]
    errand = Errand(
        provider=provider, account=None, server=config.geoip.server, now_ns=time.time_ns(), force=force
    )
    return _Job(config, provider, _store(config), errand)


def _with_account(job: _Job) -> "Errand":
    from dataclasses import replace

    from monitor.cli.geoip_provider import account_of

    account, warning = account_of(job.provider, job.config.account_file)
    if warning is not None:
        say(warning)
    return replace(job.errand, account=account)


def _install(job: _Job) -> "dict[str, Installed]":
    """Fetch what is newer and put it in use; empty when nothing is."""
    errand, before = _with_account(job), job.store.current()
    with job.store.staged() as staged:
        new = {
            edition.name: errand.bring(edition, before.get(edition.name), staged)
            for edition in job.provider.editions
        }
        installed = {name: one for name, one in new.items() if one is not None}
        if not installed:
            for name in new:
                say(f"{name}: built {before[name].built[:10]} is the newest there is")
            return {}
        for name in new.keys() - installed.keys():
            job.store.keep(name, staged)
        databases = {name: one or before[name] for name, one in new.items()}
        job.store.use(staged, databases, keep_old=_may_be_kept(before))
    return installed


def _install_files(job: _Job, files: list[Path]) -> "dict[str, Installed]":
    """Put files that somebody brought in use, beside what is in use under other names."""
    before = job.store.current()
    with job.store.staged() as staged:
        installed: dict[str, Installed] = {}
        for file in files:
            name, one = _brought(job, file, before, staged)
            installed[name] = one
        for name in before.keys() - installed.keys():
            job.store.keep(name, staged)
        job.store.use(staged, before | installed, keep_old=_may_be_kept(before))
    return installed


def _brought(job: _Job, file: Path, before: "dict[str, Installed]", staged: Path) -> "tuple[str, Installed]":
    from dataclasses import replace

    from monitor.cli.geoip_provider import PROVIDERS, edition_of
    from monitor.cli.geoip_review import Refused
    from monitor.cli.geoip_unpack import NotADatabase, unpack
    from monitor.enrich.mmdb import Database

    looked_at = staged / "brought"
    try:
        unpack(file, looked_at)
    except NotADatabase as error:
        raise Refused(f"{file}: {error}") from error
    whose = edition_of(Database(str(looked_at)).type)
    if whose is None:
        known = ", ".join(edition.name for one in PROVIDERS.values() for edition in one.editions)
        raise Refused(f"{file}: none of {known}; name it in [geoip] database to use it")
    provider, edition = whose
    errand = replace(job.errand, provider=provider)
    try:
        return edition.name, errand.take(looked_at, edition, before.get(edition.name))
    except Refused as error:
        raise Refused(f"{file}: {error}") from error


def _may_be_kept(databases: "dict[str, Installed]") -> bool:
    from monitor.cli.geoip_provider import PROVIDERS

    whose = {one.provider for one in databases.values()}
    return all(one.keeps_old for one in PROVIDERS.values() if one.id.value in whose)


def _tell_newer(job: _Job) -> bool:
    errand, before = _with_account(job), job.store.current()
    newer = [one.name for one in job.provider.editions if errand.is_newer(one, before.get(one.name))]
    for name in newer:
        if name in before:
            say(f"{name}: there is a newer one (built {before[name].built[:10]} is in use)")
        else:
            say(f"{name}: there is one, and none is installed")
    if not newer:
        say(f"nothing newer at {job.provider.id}")
    return bool(newer)


def _say_use(job: _Job, installed: "dict[str, Installed]") -> None:
    for name, one in installed.items():
        say(
            f"{name}: built {one.built[:10]}, in use from now on; a running sensor uses it from its next reload"
        )
    folder = str(job.store.folder)
    if not any(path.startswith(folder) for path in job.config.database_paths or ()):
        say(f"but [geoip] database names other files: leave it out, or name those in {folder}/current")


def _configuration(path: Path | None) -> "Config":
    from monitor.config.reader import load

    return load(path)


def _store(config: "Config") -> "GeoIpStore":
    from monitor.cli.geoip_store import GeoIpStore

    folder = config.geoip_folder
    if folder is None:
        fail("no place for databases: there is no home; set [geoip] folder in the configuration")
    return GeoIpStore(folder)


@contextmanager
def _told() -> Iterator[None]:
    """Say what went wrong in a line, and end so that a timer knows whether to try again."""
    from monitor.cli.disk import Busy
    from monitor.cli.fetch import FetchError

    with told_plainly():
        try:
            yield
        except FetchError as error:
            hint = "; is the key in [geoip] account_file right?" if error.status in _KEY_REFUSED else ""
            say(f"{error}{hint}")
            sys.exit(ExitStatus.TRY_LATER if error.is_passing else ExitStatus.WRONG_INPUT)
        except Busy as error:
            say(str(error))
            sys.exit(ExitStatus.TRY_LATER)
