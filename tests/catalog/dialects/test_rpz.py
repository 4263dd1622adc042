"""Policy zones: names and wildcards, and that BIND takes the zone."""

import re
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from monitor.catalog.dialects._translation import Chosen, Options, Policy
from monitor.catalog.dialects.rpz import DIALECT, MAX_NAME
from monitor.catalog.records import Signature
from tests.catalog._builders import signature
from tests.catalog.dialects._chosen import NAMES, chosen, nasty, program

RECORD = re.compile(r"^(\S+) CNAME (\S+) ; (.*)$", re.MULTILINE)


def records(*signatures: Signature, policy: Policy = Policy.NXDOMAIN) -> dict[str, str]:
    text = DIALECT.write(chosen(*signatures), Options(policy=policy)).text
    return {owner: target for owner, target, _ in RECORD.findall(text)}


def asked(*names: str) -> Signature:
    return signature(f"any: [{{ dns.query: {{ one_of: [{', '.join(names)}] }} }}]", "exact")


def hits(zone: dict[str, str], name: str) -> bool:
    """Whether a zone has a record for a name, as RFC 4592 section 3.3.1 reads wildcards: the plain oracle."""
    if name in zone:
        return True
    nodes = {".".join(owner.split(".")[place:]) for owner in zone for place in range(owner.count(".") + 1)}
    labels = name.split(".")
    for place in range(1, len(labels)):
        encloser = ".".join(labels[place:])
        if encloser in nodes or name in nodes:
            return name not in nodes and f"*.{encloser}" in zone
    return False


def test_a_domain_is_its_name_and_a_wildcard() -> None:
    assert {"acme.example": ".", "*.acme.example": "."} == records(signature(NAMES))


def test_a_full_name_has_no_wildcard() -> None:
    assert {"a.example": "."} == records(asked("a.example"))


@pytest.mark.parametrize(
    ("policy", "target"),
    [(Policy.NXDOMAIN, "."), (Policy.NODATA, "*."), (Policy.PASSTHRU, "rpz-passthru.")],
)
def test_the_policy_is_the_target(policy: Policy, target: str) -> None:
    assert {"a.example": target} == records(asked("a.example"), policy=policy)


@pytest.mark.parametrize("name", ["x", "y.x", "z.y.x", "w.z.y.x", "w.y.x", "w.x", "w"])
def test_a_name_below_a_domain_makes_no_hole_in_its_wildcard(name: str) -> None:
    zone = records(signature(NAMES), asked("z.y.x.acme.example"))
    assert hits(zone, f"{name}.acme.example")
    assert not hits(zone, f"{name}.other.example")


def test_a_hole_would_be_seen() -> None:
    assert not hits({"acme.example": ".", "*.acme.example": ".", "x.acme.example": "."}, "w.x.acme.example")


def test_every_record_names_its_signatures() -> None:
    text = DIALECT.write(chosen(signature(NAMES), asked("x.acme.example")), Options()).text
    named = {owner: ids for owner, _, ids in RECORD.findall(text)}
    assert "acme.exact acme.fota" == named["x.acme.example"]
    assert "acme.fota" == named["*.x.acme.example"]


def test_the_serial_is_the_newest_day_unless_said() -> None:
    newer = replace(signature(name="newer"), added="2027-01-02")
    assert " 2027010200 3600 " in DIALECT.write(chosen(signature(), newer), Options()).text
    assert " 7 3600 " in DIALECT.write(chosen(signature()), Options(serial=7)).text


def test_a_name_that_leaves_no_room_for_the_zone_is_listed() -> None:
    long = ".".join(["a" * 50] * 4)
    assert len(long) > MAX_NAME
    written = DIALECT.write(chosen(asked(long, "b.example")), Options())
    assert 1 == written.in_part
    assert long not in written.text


def test_bind_takes_the_whole_catalog_and_hostile_text(bundled: Chosen, tmp_path: Path) -> None:
    for number, choice in enumerate(
        (bundled, chosen(nasty()), chosen(signature("any: [{ http.path: { equals: /a } }]")))
    ):
        zone = tmp_path / f"{number}.db"
        zone.write_text(DIALECT.write(choice, Options()).text, "utf-8")
        told = subprocess.run(
            [program("named-checkzone"), "rpz.umbilical", str(zone)],
            capture_output=True,
            text=True,
            check=False,
        )
        assert told.returncode == 0, told.stdout
