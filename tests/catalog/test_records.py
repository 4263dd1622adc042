from dataclasses import FrozenInstanceError

import pytest

from tests.catalog._builders import file_text, parsed


def test_records_are_frozen() -> None:
    file = parsed(file_text())
    with pytest.raises(FrozenInstanceError):
        file.vendor.name = "x"  # type: ignore[misc]  # the point of the test
    with pytest.raises(FrozenInstanceError):
        file.signatures[0].local = True  # type: ignore[misc]  # the point of the test
