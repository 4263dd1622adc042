from pathlib import Path

import pytest

from monitor.model.errors import ConfigError
from tests.kit.receivers import make_origin


def test_paths_start_at_the_folder_of_the_configuration(tmp_path: Path) -> None:
    assert make_origin(tmp_path).path("a.pem") == tmp_path / "a.pem"
    assert make_origin(tmp_path).path("/etc/a.pem") == Path("/etc/a.pem")


def test_a_secret_is_what_stands_in_its_file(tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(b" s3cret\n")
    assert make_origin(tmp_path).secret("secret", "secret_file") == b"s3cret"


@pytest.mark.parametrize("content", [b"", b"\n", b"x" * 70_000])
def test_what_is_no_secret_is_refused_and_never_shown(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "secret").write_bytes(content)
    with pytest.raises(ConfigError, match=r"secret_file: .*secret: holds no secret") as caught:
        make_origin(tmp_path).secret("secret", "secret_file")
    assert "xxx" not in str(caught.value)


def test_a_secret_that_cannot_be_read_is_told_with_its_key_and_place(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"password_file: .*/none: cannot be read: No such file"):
        make_origin(tmp_path).secret("none", "password_file")
