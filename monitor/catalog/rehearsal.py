"""Examples of signatures as a capture of real packets; a protocol is one file in ``speech/`` that declares ``SPEAK``.

``SPEAK`` lists what a protocol can say: an observation type, the fields that it can put on the wire, and the function
that does. What an example leaves open is filled with ordinary values.
"""

from collections.abc import Iterable
from functools import cache

from monitor.catalog.records import Example
from monitor.catalog.speech._speaker import Speaker
from monitor.catalog.wire import Film, capture, film
from monitor.registry import discover


def example_capture(example: Example) -> bytes | None:
    """Return a pcap in which a device does what an example says; None when no protocol here can say all of it."""
    speaker = _speaker(example)
    return None if speaker is None else capture(speaker.speak(example.fields))


def examples_film(examples: Iterable[Example]) -> Film:
    """Return one pcap with a scene for each example; the scene of what no protocol here can say is empty."""
    speakers = ((_speaker(example), example.fields) for example in examples)
    return film([] if speaker is None else speaker.speak(fields) for speaker, fields in speakers)


def _speaker(example: Example) -> Speaker | None:
    """Return who can say all fields of an example."""
    fields = example.fields.keys()
    return next((one for one in _speakers() if fields <= one.fields), None)


@cache
def _speakers() -> tuple[Speaker, ...]:
    found = discover("monitor.catalog.speech", "SPEAK").values()
    return tuple(speaker for speakers in found for speaker in speakers)
