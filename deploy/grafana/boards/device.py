"""One device: which stories it is in. Metrics know only devices that the configuration names; the rest is in the alert lines."""

from grafana_foundation_sdk.models import dashboard as model

from boards.parts import (
    BAD,
    HERE,
    SEVERITY_COLOURS,
    SITE_LINK,
    WORRYING,
    Column,
    Look,
    Panel,
    Query,
    Row,
    board,
    choice,
    graph,
    listing,
    number,
    states,
)

DEVICE = f'{HERE},device=~"$device"'


def device() -> model.Dashboard:
    """Return the dashboard."""
    return board(
        "umbilical-device",
        "Umbilical / Device",
        "One device that the configuration names, or all that it does not ('unlisted'): the stories it is in, and since when.",
        [
            choice("site", "Site", "umbilical_build_info"),
            choice("instance", "Sensor", "umbilical_build_info", among='site=~"$site"'),
            choice("device", "Device", "umbilical_alerts_firing", among='site=~"$site"'),
        ],
        [Row("Now", _now()), Row("Over time", _over_time())],
    )


def _now() -> list[Panel]:
    severities = {"critical": BAD, "high": BAD, "medium": WORRYING, "low": WORRYING, "info": "blue"}
    return [
        *(
            number(
                f"{severity.capitalize()} stories",
                f"Stories of {severity} severity about this device that fire now.",
                Query(f'sum(umbilical_alerts_firing{{{DEVICE},severity="{severity}"}}) or vector(0)'),
                "short",
                {1: colour},
            )
            for severity, colour in severities.items()
        ),
        number(
            "Vendors in them",
            "Vendors that the stories of this device are about.",
            Query(
                f'count(sum by (vendor) (umbilical_alerts_firing{{{DEVICE},vendor!=""}}) > 0) or vector(0)'
            ),
            "short",
        ),
        listing(
            "Stories",
            "What fires for this device. Remote, country, bytes and evidence are in the alert lines: filter them by the device's name.",
            [
                Query(
                    f"sum by (site, instance, device, vendor, detector, severity) (umbilical_alerts_firing{{{DEVICE}}}) > 0"
                )
            ],
            {
                "device": Column("Device"),
                "site": Column("Site", link=SITE_LINK),
                "vendor": Column("Vendor"),
                "detector": Column("Detector"),
                "severity": Column("Severity"),
                "Value": Column("Stories"),
            },
        ),
    ]


def _over_time() -> list[Panel]:
    return [
        states(
            "Vendors in its stories",
            "A bar for each vendor, while at least one story about it fires.",
            Query(f'sum by (vendor) (umbilical_alerts_firing{{{DEVICE},vendor!=""}}) > bool 0', "{{vendor}}"),
            {"0": ("quiet", "transparent"), "1": ("in contact", "orange")},
        ),
        graph(
            "Stories by severity",
            "A story ends after a day of silence.",
            [Query(f"sum by (severity) (umbilical_alerts_firing{{{DEVICE}}})", "{{severity}}")],
            "short",
            Look(stacked=True, colours=SEVERITY_COLOURS),
        ),
        graph(
            "Stories by detector",
            "Which kinds of fact are told about this device.",
            [Query(f"sum by (detector) (umbilical_alerts_firing{{{DEVICE}}})", "{{detector}}")],
            "short",
            Look(stacked=True, wide=24),
        ),
    ]
