"""One site: what fires, who is contacted for what, and whether the sensor saw enough to say so."""

from grafana_foundation_sdk.models import dashboard as model

from boards.parts import (
    BAD,
    DEVICE_LINK,
    GOOD,
    HERE,
    SEVERITY_COLOURS,
    WORRYING,
    Column,
    Look,
    Panel,
    Query,
    Row,
    alerts_firing,
    bars,
    board,
    choice,
    graph,
    listing,
    number,
)

VENDOR = f'{HERE},vendor=~"$vendor"'


def site() -> model.Dashboard:
    """Return the dashboard."""
    return board(
        "umbilical-site",
        "Umbilical / Site",
        "One site: stories that fire, contacts with vendors, firmware, and how complete the view is.",
        [
            choice("site", "Site", "umbilical_build_info"),
            choice("instance", "Sensor", "umbilical_build_info", among='site=~"$site"'),
            choice("vendor", "Vendor", "umbilical_devices", among='site=~"$site"'),
        ],
        [
            Row("Now", _now()),
            Row("Stories", _stories()),
            Row("Contacts", _contacts()),
            Row("Firmware", _firmware()),
        ],
    )


def _now() -> list[Panel]:
    severities = ("critical", "high", "medium", "low")
    colours = {"critical": BAD, "high": BAD, "medium": WORRYING, "low": WORRYING}
    return [
        *(
            number(
                f"{severity.capitalize()} stories",
                f"Stories of {severity} severity that fire now. The sensor's /alerts page tells each in full.",
                Query(f'sum(umbilical_alerts_firing{{{VENDOR},severity="{severity}"}}) or vector(0)'),
                "short",
                {1: colours[severity]},
            )
            for severity in severities
        ),
        number(
            "Devices",
            "Devices that the sensor has seen, whoever made their module.",
            Query(f"sum(umbilical_devices{{{HERE}}})"),
            "short",
        ),
        number(
            "Complete",
            "Share of the frames of the last five minutes that were read. Below 99 % absence of a story says less.",
            Query(f"min(umbilical_capture_completeness_ratio{{{HERE}}})"),
            "percentunit",
            {0: BAD, 0.9: WORRYING, 0.99: GOOD},
        ),
        alerts_firing("soc|sensor", HERE),
    ]


def _stories() -> list[Panel]:
    return [
        graph(
            "Stories that fire",
            "By severity. A story ends after a day of silence, so that this line falls late.",
            [Query(f"sum by (severity) (umbilical_alerts_firing{{{VENDOR}}})", "{{severity}}")],
            "short",
            Look(stacked=True, colours=SEVERITY_COLOURS),
        ),
        graph(
            "Stories that began",
            "By detector, in each interval.",
            [
                Query(
                    f"sum by (detector) (increase(umbilical_alerts_total{{{VENDOR}}}[$__rate_interval]))",
                    "{{detector}}",
                )
            ],
            "short",
            Look(stacked=True),
        ),
        listing(
            "What fires, by device and vendor",
            "Devices that the configuration does not name are 'unlisted'. Which remote, when and why stands in the alert lines and on the sensor's /alerts page.",
            [Query(f"sum by (device, vendor, detector, severity) (umbilical_alerts_firing{{{VENDOR}}}) > 0")],
            {
                "device": Column("Device", link=DEVICE_LINK),
                "vendor": Column("Vendor"),
                "detector": Column("Detector"),
                "severity": Column("Severity"),
                "Value": Column("Stories"),
            },
        ),
    ]


def _contacts() -> list[Panel]:
    return [
        bars(
            "Devices by vendor",
            "Exposure: how many devices carry a module of each vendor.",
            Query(f"sort_desc(sum by (vendor) (umbilical_devices{{{VENDOR}}}) > 0)", "{{vendor}}"),
            "short",
        ),
        graph(
            "Uplink by vendor",
            "Bytes from devices to endpoints of each vendor.",
            [
                Query(
                    f'sum by (vendor) (rate(umbilical_contact_bytes_total{{{VENDOR},direction="uplink"}}[$__rate_interval]))',
                    "{{vendor}}",
                )
            ],
            "Bps",
            Look(stacked=True, wide=8),
        ),
        graph(
            "Downlink by vendor",
            "Bytes to devices from endpoints of each vendor.",
            [
                Query(
                    f'sum by (vendor) (rate(umbilical_contact_bytes_total{{{VENDOR},direction="downlink"}}[$__rate_interval]))',
                    "{{vendor}}",
                )
            ],
            "Bps",
            Look(stacked=True, wide=8),
        ),
        graph(
            "Bytes by purpose",
            "What the contacts were for, both directions.",
            [
                Query(
                    f"sum by (purpose) (rate(umbilical_contact_bytes_total{{{VENDOR}}}[$__rate_interval]))",
                    "{{purpose}}",
                )
            ],
            "Bps",
            Look(stacked=True),
        ),
        listing(
            "Latest contact",
            "When each vendor was last contacted, and for what.",
            [
                Query(
                    f"max by (vendor, purpose) (umbilical_contact_last_seen_timestamp_seconds{{{VENDOR}}}) * 1000 > 0"
                )
            ],
            {
                "vendor": Column("Vendor"),
                "purpose": Column("Purpose"),
                "Value": Column("Latest", "dateTimeFromNow"),
            },
            Look(wide=12),
        ),
    ]


def _firmware() -> list[Panel]:
    return [
        graph(
            "Firmware fetched",
            "Findings of firmware_update by vendor. Outside a maintenance window each deserves a look.",
            [
                Query(
                    f'sum by (vendor) (increase(umbilical_findings_total{{{VENDOR},detector="firmware_update"}}[$__rate_interval]))',
                    "{{vendor}}",
                )
            ],
            "short",
            Look(stacked=True),
        ),
        graph(
            "Firmware services contacted",
            "Findings whose signature has the purpose firmware-update: mere checks too.",
            [
                Query(
                    f'sum by (vendor) (increase(umbilical_findings_total{{{VENDOR},purpose="firmware-update"}}[$__rate_interval]))',
                    "{{vendor}}",
                )
            ],
            "short",
            Look(stacked=True),
        ),
    ]
