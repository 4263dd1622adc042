"""The whole catalog, read once for all dialects."""

import pytest

from monitor.catalog.dialects._translation import Chosen
from tests.catalog.dialects._chosen import whole_catalog


@pytest.fixture(scope="session")
def bundled() -> Chosen:
    """Return all signatures that came with the program."""
    return whole_catalog()
