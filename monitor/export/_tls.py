"""TLS towards an output: whom we trust, and who we are; always verified, never below TLS 1.2."""

import ssl
from typing import NamedTuple

from monitor.export._origin import Origin
from monitor.model.errors import ConfigError


class TlsFiles(NamedTuple):
    """Names of PEM files, as the settings of an output have them."""

    ca_file: str | None
    """Authorities to trust; by default those of the system."""
    certificate_file: str | None
    """Who we are, where the far end wants to know."""
    key_file: str | None
    """Its key, where that is a file of its own."""


def client_context(files: TlsFiles, origin: Origin) -> ssl.SSLContext:
    """Return what a client needs; raises ConfigError that names the file."""
    ca_file = None if files.ca_file is None else str(origin.path(files.ca_file))
    try:
        context = ssl.create_default_context(cafile=ca_file)
    except (OSError, ssl.SSLError) as error:
        raise ConfigError(f"ca_file: {ca_file}: {_problem(error)}") from None
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if files.certificate_file is not None:
        _load_certificate(context, files, origin)
    return context


def check_files(files: TlsFiles) -> None:
    """Raise ValueError for files that make no sense together; for ``Settings``."""
    if files.key_file is not None and files.certificate_file is None:
        raise ValueError("key_file: a key needs its certificate_file")


def _load_certificate(context: ssl.SSLContext, files: TlsFiles, origin: Origin) -> None:
    certificate = origin.path(files.certificate_file or "")
    key = None if files.key_file is None else origin.path(files.key_file)
    try:
        context.load_cert_chain(certificate, key, password=_no_password)
    except (OSError, ssl.SSLError) as error:
        raise ConfigError(f"certificate_file: {certificate}: {_problem(error)}") from None


def _no_password() -> str:
    """OpenSSL would ask on the terminal."""
    raise ssl.SSLError("the key is encrypted; give one that is not, readable by this program only")


def _problem(error: OSError) -> str:
    return str(getattr(error, "reason", None) or error.strerror or error)
