from pathlib import Path

import pytest

from tests.kit.https_server import Authority, new_authority


@pytest.fixture(scope="package")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """An authority that a test may trust, with a certificate for localhost and 127.0.0.1."""
    return new_authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="package")
def stranger(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """Another authority, with a certificate for another host."""
    return new_authority(tmp_path_factory.mktemp("stranger"), host="other.example")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the configuration stands."""
    return tmp_path
