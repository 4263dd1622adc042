from random import Random

from monitor.detect._image import Image, Part
from monitor.detect._incident import COMPLETE, DOWNLOAD, MAX_URLS, Incident
from tests.kit.facts import T0
from tests.kit.states import again, spoiled


def part(
    first: int, last: int, total: int | None = 3000, *, url: str = "a/b", complete: bool = True
) -> Image:
    return Image(
        url=url,
        path="/b",
        bytes_seen=last + 1 - first,
        complete=complete,
        sha256=None,
        magic=None,
        part=Part(first, last, total),
        says_firmware=False,
    )


def add(*parts: Image) -> tuple[int, int, bool]:
    incident = Incident()
    told = [incident.parts_with(one) for one in parts][-1]
    assert told is not None
    return told.count, told.bytes_seen, told.whole


def test_parts_in_order_make_a_whole() -> None:
    assert add(part(0, 999), part(1000, 1999), part(2000, 2999)) == (3, 3000, True)


def test_a_part_that_came_twice_does_not_make_up_for_a_hole() -> None:
    assert add(part(0, 1499), part(0, 1499)) == (2, 3000, False)


def test_a_part_beyond_a_hole_covers_nothing() -> None:
    assert add(part(0, 999), part(2000, 2999)) == (2, 2000, False)


def test_a_part_that_was_not_seen_whole_covers_nothing() -> None:
    assert add(part(0, 2999, complete=False)) == (1, 3000, False)


def test_parts_of_an_unknown_total_are_never_whole() -> None:
    assert add(part(0, 2999, None)) == (1, 3000, False)


def test_a_whole_answer_has_no_parts() -> None:
    assert Incident().parts_with(part(0, 2999)._replace(part=None)) is None


def test_urls_are_bounded() -> None:
    incident = Incident()
    for number in range(2 * MAX_URLS):
        incident.parts_with(part(0, 999, url=f"a/{number}"))
    assert len(incident._parts) == MAX_URLS
    first, late = (
        incident.parts_with(part(1000, 1999, url="a/0")),
        incident.parts_with(part(1000, 1999, url="a/99")),
    )
    assert first is not None
    assert late is not None
    assert (first.count, late.count) == (2, 1)


def test_stages_are_told_in_their_order_with_the_first_check() -> None:
    incident = Incident()
    incident.reach(DOWNLOAD)
    incident.check(T0)
    incident.check(T0 + 1)
    assert incident.details() == {
        "stage": "download",
        "stages": ["check", "download"],
        "checked": "2027-01-15T08:00:00.000000000Z",
    }


def test_who_saw_the_whole_saw_the_download() -> None:
    incident = Incident()
    incident.reach(COMPLETE)
    assert incident.details() == {"stage": "complete", "stages": ["download", "complete"], "checked": None}


def test_an_incident_of_nothing_has_no_stage() -> None:
    assert Incident().details() == {"stage": None, "stages": [], "checked": None}


def test_an_incident_outlives_a_restart() -> None:
    once = Incident()
    once.check(T0)
    once.parts_with(part(0, 999))
    once.parts_with(part(0, 9, None, url="c/d"))
    twice = Incident.of_row(again(once.row()))
    for incident in (once, twice):
        incident.reach(DOWNLOAD)
        told = incident.parts_with(part(1000, 2999))
        assert told is not None
        assert (told.count, told.whole) == (2, True)
    assert (once.details(), once.row()) == (twice.details(), twice.row())


def test_an_incident_of_another_shape_is_refused() -> None:
    refused = 0
    for row in spoiled(again([None, ["check"], [["a/b", 1, 1000, 1000, None]]]), Random(1), 200):
        try:
            Incident.of_row(row).details()
        except ValueError:
            refused += 1
    assert refused > 100
