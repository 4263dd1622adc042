"""What was said on the command line goes before the configuration."""

from pathlib import Path

import pytest

from monitor.cli.wish import Wish
from monitor.config.reader import load


def test_the_command_line_goes_before_the_configuration(tmp_path: Path) -> None:
    path = tmp_path / "umbilical.toml"
    path.write_text('[sensor]\ninterfaces = ["eth1"]\nworkers = 2\n[capture]\nsnap_length = 256\n')
    wish = Wish(interfaces=["eth2"], workers=3, filter="udp", listen="", state=tmp_path, record=tmp_path)
    config = wish.applied(load(path))
    assert config.sensor.interfaces == ("eth2",)
    assert config.sensor.workers == 3
    assert (config.settings("capture").filter, config.settings("capture").snap_length) == ("udp", 256)
    assert config.settings("export.prometheus").listen == ""
    assert config.state_folder == config.record_folder == tmp_path


def test_what_is_not_said_stays(tmp_path: Path) -> None:
    path = tmp_path / "umbilical.toml"
    path.write_text('[sensor]\ninterfaces = ["eth1"]\n')
    config = load(path)
    assert Wish().applied(config) == config


def test_an_interface_must_be_named_somewhere() -> None:
    with pytest.raises(ValueError, match="no interface"):
        Wish().applied(load(None))


@pytest.mark.parametrize("wish", [Wish(interfaces=["-", "eth1"]), Wish(interfaces=["-"], workers=2)])
def test_a_pipe_is_watched_alone(wish: Wish) -> None:
    with pytest.raises(ValueError, match="alone"):
        wish.applied(load(None))


def test_a_pipe_is_not_filtered_silently() -> None:
    with pytest.raises(ValueError, match="a pipe is not filtered here"):
        Wish(interfaces=["-"], filter="port 53").applied(load(None))
    assert Wish(interfaces=["-"], filter="").applied(load(None)).sensor.interfaces == ("-",)
