"""Whether the databases that say where an address is are there and of our days."""

from collections.abc import Iterator

from monitor.cli.checks._subject import Remark, Subject, fault, ok, warning


def check(subject: Subject) -> Iterator[Remark]:
    """Yield the age of each database."""
    geoip = subject.checked.geoip
    if geoip is None:
        yield fault("the geo-IP databases cannot be opened", "umbilical geoip info")
        return
    for info in geoip.info(subject.now_ns):
        text = f"{info.type}, built {info.built[:10]}"
        yield warning(f"{text}: {info.warning}", "umbilical geoip update") if info.warning else ok(text)


CHECK = check
