"""Options and surroundings of the test run, and nothing else; what tests share is in ``kit``."""

import os

import pytest

os.environ["XDG_DATA_HOME"] = "/nonexistent"  # whatever signatures this machine's user has installed


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--golden", action="store_true", help="rewrite the stored expected outputs; the diff is the review"
    )


@pytest.fixture(scope="session")
def rewrites_goldens(pytestconfig: pytest.Config) -> bool:
    return bool(pytestconfig.getoption("--golden"))
