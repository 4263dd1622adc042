"""The benchmark's captures: the same bytes for the same seed, and nothing in them that another program objects to."""

import csv
import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

MAKER = Path(__file__).parents[2] / "deploy/bench/make_capture.py"
SMALL = ("--mb", "1", "--devices", "4", "--services", "40", "--hours", "0.1")
CHECKSUMS = ("ip", "tcp", "udp")
SERVER_NAME = "tls.handshake.extensions_server_name"
NAME_FIELDS = {"dns": "dns.qry.name", "tls": SERVER_NAME, "http": "http.host", "quic": SERVER_NAME}
BAD = "0"

needs_tshark = pytest.mark.skipif(shutil.which("tshark") is None, reason="tshark is not installed")


def make(path: Path, *options: str) -> Path:
    subprocess.run([sys.executable, MAKER, path, *SMALL, *options], check=True, capture_output=True)
    return path


def truth_of(path: Path) -> Any:
    return json.loads(Path(f"{path}.truth.json").read_text())


@pytest.fixture(scope="module")
def capture(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make(tmp_path_factory.mktemp("bench") / "one.pcap")


@pytest.fixture(scope="module")
def dissected(capture: Path) -> list[dict[str, str]]:
    """What tshark sees, a frame in a row."""
    fields = ["frame.len", "frame.protocols", "_ws.malformed", "dns.qry.name", SERVER_NAME, "http.host"]
    command = ["tshark", "-n", "-r", str(capture), "-T", "fields", "-E", "header=y", "-E", "occurrence=f"]
    for name in CHECKSUMS:
        command += ["-o", f"{name}.check_checksum:TRUE"]
        fields.append(f"{name}.checksum.status")
    for field in fields:
        command += ["-e", field]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return list(csv.DictReader(said.splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE))


def test_the_same_seed_gives_the_same_bytes(capture: Path, tmp_path: Path) -> None:
    assert capture.read_bytes() == make(tmp_path / "again.pcap", "--seed", "1").read_bytes()


def test_another_seed_gives_another_capture(capture: Path, tmp_path: Path) -> None:
    assert capture.read_bytes() != make(tmp_path / "other.pcap", "--seed", "2").read_bytes()


@needs_tshark
def test_nothing_is_malformed(dissected: list[dict[str, str]]) -> None:
    assert [row for row in dissected if row["_ws.malformed"]] == []


@needs_tshark
def test_every_checksum_is_right(dissected: list[dict[str, str]]) -> None:
    wrong = [row for row in dissected if BAD in [row[f"{name}.checksum.status"] for name in CHECKSUMS]]
    assert wrong == []
    assert any(row["tcp.checksum.status"] for row in dissected)


@needs_tshark
def test_the_truth_counts_what_is_there(capture: Path, dissected: list[dict[str, str]]) -> None:
    truth = truth_of(capture)
    assert truth["packets"] == len(dissected)
    assert truth["wire_bytes"] == sum(int(row["frame.len"]) for row in dissected)


@needs_tshark
@pytest.mark.parametrize("protocol", NAME_FIELDS)
def test_names_are_visible_in_their_protocol(
    capture: Path, dissected: list[dict[str, str]], protocol: str
) -> None:
    names = truth_of(capture)["names_only_in"][protocol]
    field = NAME_FIELDS[protocol]
    seen = {row[field] for row in dissected if protocol in row["frame.protocols"].split(":")}
    assert names
    assert set(names) <= seen


def test_in_the_steady_mix_98_of_100_packets_belong_to_established_flows(tmp_path: Path) -> None:
    truth = truth_of(make(tmp_path / "steady.pcap", "--steady", "--mb", "10"))
    assert truth["established_packets"] / truth["packets"] == pytest.approx(0.98, abs=0.005)
