"""Whether frames come whole and unfiltered, as far as the configuration can say."""

from collections.abc import Iterator

from monitor.cli.checks._subject import Remark, Subject, note, warning


def check(subject: Subject) -> Iterator[Remark]:
    """Yield what is cut off or kept away."""
    settings = subject.checked.config.settings("capture")
    if settings.filter:
        yield note(
            f"only frames are taken that match: {settings.filter}", "in the configuration: [capture] filter"
        )
    if not settings.promiscuous:
        yield note(
            "frames for others are not asked of the NIC, which a mirror port is made of",
            "in the configuration: [capture] promiscuous = true",
        )
    for hearing in subject.hearings:
        cut = hearing.heard.snapped
        if not cut:
            continue
        if settings.snap_length:
            yield note(
                f"{cut} of {hearing.heard.frames} frames are cut at {settings.snap_length} bytes, as configured;"
                " host names and firmware images may be missed",
                "in the configuration: [capture] snap_length = 0",
                hearing.name,
            )
        else:
            yield warning(
                f"{cut} of {hearing.heard.frames} frames come cut: the mirror shortens them",
                "mirror whole frames, on Cisco NX-OS: no mtu, in the monitor session",
                hearing.name,
            )


CHECK = check
