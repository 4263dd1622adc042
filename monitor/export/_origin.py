"""Where this sensor stands, for outputs: what they say of it, and where their files are found."""

from dataclasses import dataclass
from pathlib import Path

from monitor.model.errors import ConfigError

MAX_SECRET_BYTES = 64 << 10
"""A secret is a line or a token; whatever is longer was named by mistake."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """The sensor, as an output knows it."""

    folder: Path
    """Relative paths start here: the folder of the configuration file."""
    host: str
    """Name of the sensor."""
    version: str
    """Of this program."""

    def path(self, name: str) -> Path:
        """Return where a file is."""
        return self.folder / name

    def secret(self, name: str, key: str) -> bytes:
        """Return what stands in a file, without the line's end; raises ConfigError that never shows it."""
        path = self.path(name)
        try:
            with path.open("rb") as stream:
                secret = stream.read(MAX_SECRET_BYTES + 1)
        except OSError as error:
            raise ConfigError(f"{key}: {path}: cannot be read: {error.strerror}") from None
        stripped = secret.strip()
        if not stripped or len(secret) > MAX_SECRET_BYTES:
            raise ConfigError(f"{key}: {path}: holds no secret: it is empty, or longer than 64 KiB")
        return stripped
