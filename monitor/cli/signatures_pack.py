"""``umbilical signatures pack | keygen | verify | update | rollback | installed``: signatures as one signed file."""

import json
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from monitor.cli import options
from monitor.cli.catalog_words import counted
from monitor.cli.failure import fail, guarded_output, say, told_plainly
from monitor.cli.output import data_output
from monitor.cli.pack_author import check_passes, create_file, packed_files
from monitor.cli.pack_input import file_bytes, opened, private_key, source_bytes, trusted_key
from monitor.cli.pack_status import status_record, used_signatures
from monitor.cli.words import safe

if TYPE_CHECKING:
    from monitor.cli.pack_store import PackStore
    from monitor.config.tree import Config

KEYGEN_EXAMPLES = """\b
Examples:
  umbilical signatures keygen acme      writes acme.key (keep it secret) and acme.pub
"""
PACK_EXAMPLES = """\b
Examples:
  umbilical signatures pack --key acme.key --output signatures.pack
  umbilical signatures pack my-signatures --key acme.key --output signatures.pack --version 2026.11.22.2

\b
The same files, version and key give the same bytes on any machine.
"""
VERIFY_EXAMPLES = """\b
Examples:
  umbilical signatures verify signatures.pack --key acme.pub
  umbilical signatures verify signatures.pack --config umbilical.toml
"""
UPDATE_EXAMPLES = """\b
Examples:
  umbilical signatures update signatures.pack --config umbilical.toml
  umbilical signatures update https://updates.example.org/signatures.pack --config umbilical.toml

\b
The configuration says whom to trust:
  [catalog]
  pack_key = "..."        what 'umbilical signatures keygen' printed
"""
ROLLBACK_EXAMPLES = """\b
Examples:
  umbilical signatures rollback       back to the pack of before; once more: forth again
"""
INSTALLED_EXAMPLES = """\b
Examples:
  umbilical signatures installed
  umbilical signatures installed --json | jq -r .version
"""
PRIVATE_SUFFIX, PUBLIC_SUFFIX = ".key", ".pub"
_PRIVATE_MODE = 0o600

PackFile = Annotated[Path, typer.Argument(metavar="FILE", help="a signature pack", show_default=False)]
PublicKey = Annotated[
    str | None,
    typer.Option(
        "--key",
        metavar="PUBLIC",
        help="the signer's public key, as a file or as text, instead of the configured one",
        show_default=False,
    ),
]


def register(group: typer.Typer) -> None:
    """Add the commands to ``umbilical signatures``."""
    group.command(epilog=KEYGEN_EXAMPLES)(keygen)
    group.command(epilog=PACK_EXAMPLES)(pack)
    group.command(epilog=VERIFY_EXAMPLES)(verify)
    group.command(epilog=UPDATE_EXAMPLES)(update)
    group.command(epilog=ROLLBACK_EXAMPLES)(rollback)
    group.command("installed", epilog=INSTALLED_EXAMPLES)(installed_)


def keygen(
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="what the two files are called", show_default=False)
    ],
) -> None:
    """Make a pair of keys: one to sign packs with, one for the configuration of those who use them."""
    if name.rpartition("/")[2] in {"", ".", ".."}:
        fail(f"'{name}' names no file: what shall the two files be called? For example: acme")
    with told_plainly():
        from monitor.catalog.pack_key import new_private_key, public_of

        private, public = Path(name + PRIVATE_SUFFIX), Path(name + PUBLIC_SUFFIX)
        for path in (private, public):
            if path.exists():
                fail(f"{path}: is there already; a key is never overwritten")
        pem = new_private_key()
        key = public_of(pem)
        create_file(private, pem, _PRIVATE_MODE)
        create_file(public, f"{key}\n".encode(), 0o644)
    say(f"{private} signs packs: keep it secret, and a copy of it; {public} goes to those who use them")
    with guarded_output():
        print(f'[catalog]\npack_key = "{key}"')


def pack(
    folder: Annotated[
        Path | None,
        typer.Argument(metavar="FOLDER", help="signatures instead of the bundled ones", show_default=False),
    ] = None,
    *,
    key: Annotated[
        Path,
        typer.Option("--key", metavar="PRIVATE", help="the private key to sign with", show_default=False),
    ],
    output: Annotated[
        Path,
        typer.Option("--output", "-o", metavar="FILE", help="where to write the pack", show_default=False),
    ],
    version: Annotated[
        str | None,
        typer.Option(
            "--version",
            metavar="DAY",
            help="such as 2026.11.22, or 2026.11.22.2 for a second one; the day of today by default",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Put a folder of signatures into one signed file, if it passes every check."""
    with told_plainly():
        from monitor.catalog.folder import bundled_folder
        from monitor.catalog.pack import write_pack
        from monitor.catalog.pack_manifest import Version

        chosen = folder or bundled_folder()
        today = _today()
        wanted = Version.parse(version or today.replace("-", "."))
        if wanted.day.isoformat() > today:
            fail(f"version {wanted} is in the future: who installs it could install nothing until then")
        check_passes(chosen, today)
        data = write_pack(packed_files(chosen), wanted, private_key(key))
    with data_output(output) as stream:
        stream.write(data)
    say(f"{output}: version {wanted}, {counted(len(data), 'byte')}")


def verify(file: PackFile, *, key: PublicKey = None, config: options.ConfigFile = None) -> None:
    """Check the signature and the contents of a pack, and install nothing."""
    with told_plainly():
        found = opened(file_bytes(file), str(file), trusted_key(key, _configuration(config)))
    with guarded_output():
        print(
            f"{safe(str(file))}: version {found.manifest.version}, {counted(len(found.files), 'file')},"
            " the signature holds"
        )


def update(
    source: Annotated[
        str, typer.Argument(metavar="SOURCE", help="a file or an https address", show_default=False)
    ],
    *,
    key: PublicKey = None,
    config: options.ConfigFile = None,
) -> None:
    """Install a newer pack; whatever is wrong with it, the signatures in use stay."""
    with told_plainly():
        from monitor.catalog.pack_review import check_contents, check_newer

        configured = _configuration(config)
        store = _store(configured)
        trusted = trusted_key(key, configured)
        new = opened(source_bytes(source), source, trusted)
        with store.held():
            used = used_signatures(store.folder)
            if used.pack is not None and used.pack.manifest == new.manifest:
                say(f"version {used.version} is in use already")
                return
            check_newer(new.manifest.version, used)
            local = configured.signature_folders
            store.install(new, lambda folder: check_contents(folder, used, local, _today()))
    say(f"version {new.manifest.version} is in use; 'umbilical signatures rollback' undoes it")


def rollback(*, config: options.ConfigFile = None) -> None:
    """Use the pack of before again, or the bundled signatures when there was none."""
    with told_plainly():
        store = _store(_configuration(config))
        with store.held():
            used = store.roll_back()
    say(f"in use again: {'the bundled signatures' if used is None else f'version {used.manifest.version}'}")


def installed_(*, as_json: options.AsJson = False, config: options.ConfigFile = None) -> None:
    """Show which signatures are in use, how old they are, and what a rollback would go back to."""
    with told_plainly():
        record = status_record(_configuration(config))
    if record["bundled_version"] > record["version"]:
        say("the bundled signatures are newer than the pack: update, or go back with 'signatures rollback'")
    with guarded_output():
        if as_json:
            print(json.dumps(record, ensure_ascii=False))
            return
        for name, value in record.items():
            if value is not None:
                print(f"{name.replace('_', ' '):<15} {safe(str(value))}")


def _configuration(path: Path | None) -> "Config":
    from monitor.config.reader import load

    return load(path)


def _store(configured: "Config") -> "PackStore":
    from monitor.cli.pack_store import PackStore

    folder = configured.pack_folder
    if folder is None:
        fail("no place for packs: there is no home; set [catalog] pack_folder in the configuration")
    return PackStore(folder)


def _today() -> str:
    """Return the day of today, UTC: versions are days of the calendar."""
    from monitor.model.instant import rfc3339

    return rfc3339(time.time_ns())[:10]
