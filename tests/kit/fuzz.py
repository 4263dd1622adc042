"""Bytes that nobody meant: the budget of property tests, payloads from the project's cases, and how to damage them.

With the default budget the examples are the same in every run; ``UMBILICAL_FUZZ_EXAMPLES`` asks for more and other ones.
"""

from __future__ import annotations

import os
from functools import cache
from itertools import islice
from typing import TYPE_CHECKING

from hypothesis import HealthCheck, settings

from monitor.capture.replay import Replay
from monitor.decode.decoder import Decoder
from tests.kit.cases import cases

if TYPE_CHECKING:
    from collections.abc import Iterator
    from random import Random

    from monitor.model.packet import PacketBatch

DEFAULT_EXAMPLES = 40
EXAMPLES = int(os.environ.get("UMBILICAL_FUZZ_EXAMPLES", DEFAULT_EXAMPLES))
MAX_PAYLOADS = 400
"""Of one case; floods repeat themselves."""
_INTERESTING = (b"\0", b"\xff", b"\x7f", b"\x80", b"\r\n", b"\0\0", b"\xff\xff", b"\xc0\x0c", b"\x16\x03\x01")


def budget(share: float = 1) -> settings:
    """Return settings for a property test; ``share`` is for those whose examples cost more or less."""
    return settings(
        max_examples=max(1, round(EXAMPLES * share)),
        deadline=None,
        derandomize=EXAMPLES <= DEFAULT_EXAMPLES,
        database=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
    )


@cache
def payloads() -> tuple[bytes, ...]:
    """Return what the packets of all cases carried, each once."""
    found: dict[bytes, None] = {}
    for case in cases():
        decoder, own = Decoder(), dict[bytes, None]()
        for batch in Replay([str(capture) for capture in case.captures]).batches():
            for decoded in decoder.decode(batch):
                own |= dict.fromkeys(_carried(decoded))
        found |= dict(islice(own.items(), MAX_PAYLOADS))
    return tuple(found)


def damaged(content: bytes, random: Random, others: tuple[bytes, ...] = ()) -> bytes:
    """Return the bytes with a few of the usual accidents."""
    hurt = bytearray(content)
    for _ in range(random.randint(1, 6)):
        at = random.randint(0, len(hurt))
        match random.randrange(6 if others else 5):
            case 0 if hurt:
                hurt[at % len(hurt)] ^= 1 << random.randrange(8)
            case 1:
                del hurt[at:]
            case 2:
                hurt[at:at] = random.choice(_INTERESTING)
            case 3:
                hurt[at : at + random.randint(1, 8)] = random.choice(_INTERESTING)
            case 4:
                hurt[at : at + 2] = random.randbytes(2)
            case 5:
                hurt[at:] = random.choice(others)[-(len(hurt) - at + 1) :]
    return bytes(hurt)


def _carried(decoded: PacketBatch) -> Iterator[bytes]:
    for row in decoded.packets[decoded.packets["payload_captured"] > 0]:
        first = int(row["payload_offset"])
        source = decoded.pool if row["pooled"] else decoded.buffer
        yield bytes(source[first : first + int(row["payload_captured"])])
