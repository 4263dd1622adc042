"""Every example of every signature through the whole house: packets in, matched signatures and findings out.

All examples are one capture with a scene for each, so that a thousand cost little more than one. A scene has its own
device and time, and frame numbers tell to which scene an observation belongs.
"""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from monitor.catalog.catalog import Catalog
from monitor.catalog.checks.examples_hold import problem_of
from monitor.catalog.matcher import Matcher
from monitor.catalog.records import Example, Signature
from monitor.catalog.rehearsal import examples_film
from monitor.catalog.review import Gravity, Issue
from monitor.catalog.vocabulary import Expect, Status
from monitor.catalog.wire import MOST_SCENES, Film
from monitor.detect.vendor_contact import Settings as ContactSettings
from monitor.detect.vendor_contact import VendorContact
from monitor.enrich.load import load as load_enricher
from monitor.flow.settings import Settings as FlowSettings
from monitor.model.errors import Location
from monitor.model.observation import OBSERVATIONS, Observation, Value
from monitor.pipeline.front import Plan
from monitor.pipeline.stream import LocalStream
from monitor.protocols._dispatch import News

CHECK = "rehearsal"
"""Name under which its issues are reported."""
_SEED = 1
_BEGINNINGS = frozenset({"http.body_prefix", "payload.prefix"})
"""Fields of which an example may show less than the wire does."""


class Part(NamedTuple):
    """One example and whose it is."""

    signature: Signature
    example: Example


@dataclass(slots=True)
class _Scene:
    """What came of one example's packets."""

    part: Part
    is_said: bool = False
    """There are packets."""
    is_shown: bool = False
    """An observation holds the fields of the example."""
    is_matched: bool = False
    """Any observation matches the signature."""
    is_shown_and_matched: bool = False
    vendors_told: set[str] = field(default_factory=set)
    """Vendors of the contacts that were stated."""


def rehearse(catalog: Catalog) -> list[Issue]:
    """Return an issue for every example that does not do what it says; none for deprecated signatures."""
    parts = [
        Part(signature, example)
        for signature in catalog.signatures
        if signature.status is not Status.DEPRECATED
        for example in signature.examples
    ]
    return [
        issue
        for start in range(0, len(parts), MOST_SCENES)
        for scene in _played(catalog, parts[start : start + MOST_SCENES])
        for issue in _judged(scene)
    ]


def _played(catalog: Catalog, parts: Sequence[Part]) -> list[_Scene]:
    film = examples_film(part.example for part in parts)
    scenes = [_Scene(part) for part in parts]
    enrich = load_enricher(mac_vendor=catalog.mac_vendor).enrich
    contacts = VendorContact(ContactSettings(), catalog)
    for bare in _observations(film):
        observation = enrich(bare)
        found = [one.vendor for one in contacts.judge(observation)] if bare.type in contacts.wants else []
        if bare.number:
            scene = scenes[bisect_right(film.first_frames, bare.number) - 1]
            _note(scene, observation, catalog)
            scene.vendors_told.update(vendor for vendor in found if vendor is not None)
    return scenes


def _observations(film: Film) -> Iterator[Observation]:
    with TemporaryDirectory(prefix="umbilical-") as folder:
        path = Path(folder, "examples.pcap")
        path.write_bytes(film.capture)
        wanted = frozenset(OBSERVATIONS)
        plan = Plan(captures=(str(path),), flow=FlowSettings(), wanted=wanted, seed=_SEED, news=News())
        stream = LocalStream(plan)
        try:
            for batch in stream.batches():
                yield from batch
        finally:
            stream.close()


def _note(scene: _Scene, observation: Observation, catalog: Catalog) -> None:
    scene.is_said = True
    matched = scene.part.signature in catalog.match(observation)
    shown = _shows(observation.fields, scene.part.example)
    scene.is_matched |= matched
    scene.is_shown |= shown
    scene.is_shown_and_matched |= matched and shown


def _shows(fields: dict[str, Value], example: Example) -> bool:
    return all(name in fields and _holds(name, fields[name], said) for name, said in example.fields.items())


def _holds(name: str, seen: Value, said: Value) -> bool:
    if isinstance(seen, list) and isinstance(said, list):
        return all(one in seen for one in said)
    if name in _BEGINNINGS:
        return str(seen).startswith(str(said))
    return seen == said


def _judged(scene: _Scene) -> Iterator[Issue]:
    signature, example = scene.part
    shown = ", ".join(f"{name} = {value}" for name, value in example.fields.items())
    place = Location(signature.location.path, example.line or signature.location.line)
    if problem := _problem(scene) if scene.is_said else problem_of(signature, example, Matcher([signature])):
        yield Issue(Gravity.ERROR, place, f"{signature.id}: the example '{shown}' {problem}", CHECK)
    elif not scene.is_said:
        problem = "cannot be said in packets; only the matcher tried it"
        yield Issue(Gravity.WARNING, place, f"{signature.id}: the example '{shown}' {problem}", CHECK)


def _problem(scene: _Scene) -> str | None:
    signature, example = scene.part
    if not scene.is_shown:
        return "was said in packets, but no observation shows it so"
    if example.expect is Expect.NO_MATCH:
        return "matches, against 'expect: no-match'" if scene.is_matched else None
    if not scene.is_shown_and_matched:
        return "does not match, against 'expect: match'"
    if signature.vendor_id not in scene.vendors_told:
        return f"matches, but no contact with {signature.vendor_id} is stated: it stays inside the site"
    return None
