"""A response policy zone (draft-vixie-dnsop-dns-rpz): names that a resolver shall not answer, or only log.

``domain`` becomes the name and a wildcard. A wildcard ends where a longer name exists in the zone (RFC 4592 section
3.3.1), so each name below a domain, and each empty one between them, is given a wildcard of its own.
"""

from collections.abc import Iterator

from monitor.catalog.dialects._names import LookUp, by_name, look_ups, parents
from monitor.catalog.dialects._translation import (
    Chosen,
    Dialect,
    Options,
    Outcome,
    Policy,
    Written,
    about,
    closing,
    commented,
    heading,
    translate,
)
from monitor.catalog.indicators import Clause
from monitor.catalog.records import Signature

TTL_SECONDS = 300
MAX_NAME = 200
"""Characters of a name: with the zone's own name behind it, it must fit 253 (RFC 1035 section 2.3.4)."""
MAX_SERIAL = 0xFFFF_FFFF

_TARGETS = {Policy.NXDOMAIN: ".", Policy.NODATA: "*.", Policy.PASSTHRU: "rpz-passthru."}


def _write(chosen: Chosen, options: Options) -> Written:
    done = translate(chosen.signatures, _express)
    names = by_name(done)
    target = _TARGETS[options.policy]
    lines = [
        *commented(heading("a response policy zone", chosen, done), "; "),
        *commented((f"policy: {options.policy}",), "; "),
        f"$TTL {TTL_SECONDS}",
        f"@ IN SOA localhost. hostmaster.localhost. {_serial(chosen, options)} 3600 600 1209600 {TTL_SECONDS}",
        "@ IN NS localhost.",
        *_records(names, target),
        *commented(closing(done), "; "),
    ]
    return Written.of(lines, done)


def owners(names: dict[LookUp, list[Signature]]) -> dict[str, list[Signature]]:
    """Return the owner names of the zone and the signatures behind each."""
    below = {look_up.name: signatures for look_up, signatures in names.items() if look_up.below}
    owned: dict[str, list[Signature]] = {}
    for (name, with_below), signatures in names.items():
        _add(owned, name, signatures)
        if with_below:
            _add(owned, f"*.{name}", signatures)
        for upper in parents(name):
            if upper in below:
                for between in _between(name, upper):
                    _add(owned, between, below[upper])
                    _add(owned, f"*.{between}", below[upper])
    return owned


def _between(name: str, upper: str) -> Iterator[str]:
    """Yield the name and those above it, up to but without the upper one."""
    for one in (name, *parents(name)):
        if one == upper:
            return
        yield one


def _add(owned: dict[str, list[Signature]], owner: str, signatures: list[Signature]) -> None:
    here = owned.setdefault(owner, [])
    here += [one for one in signatures if one not in here]


def _records(names: dict[LookUp, list[Signature]], target: str) -> Iterator[str]:
    told: set[str] = set()
    for owner, signatures in owners(names).items():
        for one in signatures:
            if one.id not in told:
                told.add(one.id)
                yield from commented(about(one), "; ")
        yield f"{owner} CNAME {target} ; {' '.join(one.id for one in signatures)}"


def _serial(chosen: Chosen, options: Options) -> int:
    """Return the serial, as YYYYMMDDnn (RFC 1912 section 2.2) when nobody says one."""
    return options.serial if options.serial is not None else int(f"{chosen.newest:%Y%m%d}00")


def _express(clause: Clause) -> Outcome[LookUp]:
    outcome = look_ups(clause)
    fitting = tuple(item for item in outcome.items if len(item.name) <= MAX_NAME)
    if len(fitting) == len(outcome.items):
        return outcome
    return Outcome(fitting, f"names of more than {MAX_NAME} characters leave no room for the zone's own")


DIALECT = Dialect("BIND, Unbound, Knot and PowerDNS resolvers", _write, frozenset({"--policy", "--serial"}))
