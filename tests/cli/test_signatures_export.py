"""``signatures export``: what is chosen, where it goes, and what is told beside it."""

from collections.abc import Callable
from pathlib import Path

import pytest

from monitor.catalog import dialects
from monitor.catalog.dialects._translation import Policy
from monitor.cli.signatures_export import ConfidenceWord, PolicyWord, formats
from monitor.model.finding import Confidence
from monitor.registry import discover
from tests.catalog._builders import file_text, signature_text
from tests.cli.command import Done

Umbilical = Callable[..., Done]
PATH = "any: [{ http.path: { prefix: /fota/ } }]"
PATH_EXAMPLES = """
      - { expect: match, http.path: /fota/x }
      - { expect: no-match, http.path: /x/fota/ }"""


@pytest.fixture
def folder(tmp_path: Path) -> str:
    """Return a folder with three signatures of one vendor."""
    text = file_text(
        signature_text("fota"),
        signature_text("other", purpose="telemetry", confidence="low", severity="info"),
        signature_text("path", PATH, PATH_EXAMPLES, severity="high"),
        signature_text("old", status="deprecated", replaced_by="acme.fota"),
    )
    (tmp_path / "signatures").mkdir()
    (tmp_path / "signatures" / "acme.yaml").write_text(text)
    return str(tmp_path / "signatures")


def test_formats_are_the_dialects_that_there_are() -> None:
    found = discover(dialects.__name__, "DIALECT")
    assert sorted(name.replace("_", "-") for name in found) == formats()


def test_words_of_options_are_those_of_the_catalog() -> None:
    assert list(map(str, Confidence)) == list(map(str, ConfidenceWord))
    assert list(map(str, Policy)) == list(map(str, PolicyWord))


def test_help_names_every_format_and_shows_examples(umbilical: Umbilical) -> None:
    told = umbilical("signatures", "export", "--help").out
    assert all(name in told for name in formats())
    assert "Examples:" in told


def test_what_a_format_cannot_say_is_told(umbilical: Umbilical, folder: str) -> None:
    done = umbilical("signatures", "export", "--format", "dnsmasq", "--signatures", folder)
    assert 0 == done.status
    assert "address=/fota.acme.example/\n" in done.out
    assert "umbilical: dnsmasq: signatures said as they are: 2, in part: 0, not at all: 1\n" in done.err
    assert "umbilical: not said: acme.path: http.path: not a name\n" in done.err
    assert "# acme.path: http.path: not a name\n" in done.out


def test_quiet_tells_nothing(umbilical: Umbilical, folder: str) -> None:
    assert "" == umbilical("signatures", "export", "-f", "dnsmasq", "-q", "--signatures", folder).err


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ((), ["acme.fota", "acme.other", "acme.path"]),
        (("--vendor", "acme"), ["acme.fota", "acme.other", "acme.path"]),
        (("--purpose", "telemetry"), ["acme.other"]),
        (("--confidence", "medium"), ["acme.fota", "acme.path"]),
        (("--severity", "medium"), ["acme.path"]),
        (("--severity", "low", "--purpose", "firmware-update"), ["acme.fota", "acme.path"]),
    ],
)
def test_filters_choose_and_deprecated_ones_stay_out(
    umbilical: Umbilical, folder: str, options: tuple[str, ...], expected: list[str]
) -> None:
    done = umbilical("signatures", "export", "-f", "csv", "--signatures", folder, *options)
    assert expected == [line.split(",")[0] for line in done.out.splitlines()[1:]]


def test_output_goes_to_a_file(umbilical: Umbilical, folder: str, tmp_path: Path) -> None:
    target = tmp_path / "acme.csv"
    done = umbilical("signatures", "export", "-f", "csv", "-o", str(target), "--signatures", folder)
    assert "" == done.out
    assert target.read_text().startswith("signature,vendor,")


def test_options_of_a_dialect_reach_it(umbilical: Umbilical, folder: str) -> None:
    zone = (
        "signatures",
        "export",
        "-f",
        "rpz",
        "--policy",
        "passthru",
        "--serial",
        "0",
        "--signatures",
        folder,
    )
    told = umbilical(*zone).out
    assert "fota.acme.example CNAME rpz-passthru. ;" in told
    assert "hostmaster.localhost. 0 3600" in told


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("-f", "snort"), "no format 'snort'; there are csv, dnsmasq,"),
        (("-f", "csv", "--drop"), "--drop means nothing in the format 'csv'"),
        (("-f", "nftables", "--policy", "nodata"), "--policy means nothing in the format 'nftables'"),
        (("-f", "suricata", "--serial", "0"), "--serial means nothing in the format 'suricata'"),
        (("-f", "csv", "--vendor", "acne"), "no vendor 'acne'; did you mean 'acme'?"),
        (("-f", "csv", "--purpose", "fota"), "no purpose 'fota'; there are firmware-update,"),
        (("-f", "csv", "--severity", "critical"), "no signature is like this"),
        (("-f", "csv", "-o", "/no/such/folder/x"), "/no/such/folder: no such folder"),
        ((), "--format"),
    ],
)
def test_wrong_use_is_told_in_one_line(
    umbilical: Umbilical, folder: str, options: tuple[str, ...], told: str
) -> None:
    done = umbilical("signatures", "export", "--signatures", folder, *options)
    assert 2 == done.status
    assert told in done.err
    assert "" == done.out
