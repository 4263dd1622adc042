"""dnsmasq: names that it answers with NXDOMAIN.

``address=/name/`` covers every name below, too. Where a signature means one name alone, ``server=/*.name/#`` (dnsmasq
2.86 or later) gives those below back to the usual servers, unless a whole domain above it is meant.
"""

from collections.abc import Iterator

from monitor.catalog.dialects._names import LookUp, by_name, look_ups, parents
from monitor.catalog.dialects._translation import (
    Chosen,
    Dialect,
    Options,
    Written,
    about,
    closing,
    commented,
    heading,
    translate,
)
from monitor.catalog.records import Signature


def _write(chosen: Chosen, _: Options) -> Written:
    done = translate(chosen.signatures, look_ups)
    lines = [
        *commented(heading("dnsmasq 2.86 or later", chosen, done)),
        *_settings(by_name(done)),
        *commented(closing(done)),
    ]
    return Written.of(lines, done)


def _settings(names: dict[LookUp, list[Signature]]) -> Iterator[str]:
    whole = {look_up.name for look_up in names if look_up.below}
    told: set[str] = set()
    written: set[str] = set()
    for look_up, signatures in names.items():
        for one in signatures:
            if one.id not in told:
                told.add(one.id)
                yield from commented(about(one))
        if look_up.name in written:
            continue
        written.add(look_up.name)
        yield f"address=/{look_up.name}/"
        if whole.isdisjoint((look_up.name, *parents(look_up.name))):
            yield f"server=/*.{look_up.name}/#"


DIALECT = Dialect("dnsmasq 2.86 or later", _write)
