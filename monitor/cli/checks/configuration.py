"""Whether the configuration and the files that it names are whole."""

from collections.abc import Iterator

from monitor.cli.checks._subject import Remark, Subject, fault, note, ok


def check(subject: Subject) -> Iterator[Remark]:
    """Yield every fault, each with its place."""
    checked = subject.checked
    name = "the defaults" if checked.config.path is None else str(checked.config.path)
    for problem in checked.faults:
        yield fault(problem, f"umbilical check-config {checked.config.path or ''}".strip())
    for remark in checked.notes:
        yield note(remark)
    if not checked.faults:
        yield ok(f"{name}: nothing is wrong")


CHECK = check
