"""The fleet: which vendors the sites depend on, what moves at many of them together, and which sensors are blind."""

from grafana_foundation_sdk.models import dashboard as model

from boards.parts import (
    BAD,
    GOOD,
    SENSOR_LINK,
    SEVERITY_COLOURS,
    SITE_LINK,
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

HERE = 'site=~"$site"'
VENDOR = 'vendor=~"$vendor"'
NAMED = f'{VENDOR},vendor!=""'


def fleet() -> model.Dashboard:
    """Return the dashboard."""
    return board(
        "umbilical-fleet",
        "Umbilical / Fleet",
        "All sensors: exposure by vendor, what many sites see together, and which sensors are not well.",
        [choice("site", "Site", "umbilical_build_info"), choice("vendor", "Vendor", "umbilical_devices")],
        [
            Row("Now", _now()),
            Row("Exposure", _exposure()),
            Row("Together", _together()),
            Row("Sensors", _sensors()),
        ],
    )


def _now() -> list[Panel]:
    return [
        number(
            "Sensors up",
            "Sensors that answer. Anything below all of them is a site that nobody watches.",
            Query(f'sum(up{{job="umbilical",{HERE}}}) / count(up{{job="umbilical",{HERE}}})'),
            "percentunit",
            {0: BAD, 0.999: GOOD},
        ),
        number(
            "Sites",
            "Sites with at least one sensor.",
            Query(f"count(count by (site) (umbilical_build_info{{{HERE}}}))"),
            "short",
        ),
        number(
            "Devices",
            "Devices seen at all sites since their sensors began to learn.",
            Query(f"sum(umbilical_devices{{{HERE}}})"),
            "short",
        ),
        number(
            "Critical stories",
            "Stories of critical severity that fire now at any site.",
            Query(f'sum(umbilical_alerts_firing{{{HERE},severity="critical"}}) or vector(0)'),
            "short",
            {1: BAD},
        ),
        number(
            "High stories",
            "Stories of high severity that fire now at any site.",
            Query(f'sum(umbilical_alerts_firing{{{HERE},severity="high"}}) or vector(0)'),
            "short",
            {1: WORRYING},
        ),
        number(
            "Least complete capture",
            "The sensor that lost the largest share of its frames in the last five minutes. Below 99 % absence of an alert says less.",
            Query(f"min(umbilical_capture_completeness_ratio{{{HERE}}})"),
            "percentunit",
            {0: BAD, 0.9: WORRYING, 0.99: GOOD},
        ),
        alerts_firing("soc|fleet|sensor", 'site=~"$site|"'),
    ]


def _exposure() -> list[Panel]:
    return [
        bars(
            "Devices by vendor",
            "How many devices hang on each module vendor: what that vendor's cloud could reach.",
            Query(f"sort_desc(sum by (vendor) (umbilical_devices{{{HERE},{NAMED}}}) > 0)", "{{vendor}}"),
            "short",
        ),
        bars(
            "Sites by vendor",
            "At how many sites a vendor has devices.",
            Query(
                f"sort_desc(sum by (vendor) (umbilical_devices{{{HERE},{NAMED}}} > bool 0) > 0)", "{{vendor}}"
            ),
            "short",
        ),
        graph(
            "Share of devices by vendor",
            "Of the devices whose vendor is known. One colour that grows is one maker that more and more depends on.",
            [Query(f"vendor:umbilical_devices:ratio{{{VENDOR}}} > 0", "{{vendor}}")],
            "percentunit",
            Look(stacked=True, wide=8),
        ),
        graph(
            "Bytes to vendors",
            "Uplink of devices to endpoints of each vendor, all chosen sites.",
            [
                Query(
                    f'sum by (vendor) (rate(umbilical_contact_bytes_total{{{HERE},{VENDOR},direction="uplink"}}[$__rate_interval])) > 0 or '
                    f'topk(1, sum by (vendor) (rate(umbilical_contact_bytes_total{{{HERE},{VENDOR},direction="uplink"}}[$__rate_interval])))',
                    "{{vendor}}",
                )
            ],
            "Bps",
            Look(stacked=True),
        ),
        graph(
            "Bytes from vendors",
            "Downlink to devices from endpoints of each vendor. A step at many sites at once is a roll-out.",
            [
                Query(
                    f'sum by (vendor) (rate(umbilical_contact_bytes_total{{{HERE},{VENDOR},direction="downlink"}}[$__rate_interval])) > 0 or '
                    f'topk(1, sum by (vendor) (rate(umbilical_contact_bytes_total{{{HERE},{VENDOR},direction="downlink"}}[$__rate_interval])))',
                    "{{vendor}}",
                )
            ],
            "Bps",
            Look(stacked=True),
        ),
    ]


def _together() -> list[Panel]:
    return [
        graph(
            "Sites whose contacts surge",
            "Sensors that see more than twice the busiest quarter of an hour of their past week, by vendor. Three or more of them at once fire UmbilicalFleetSynchrony.",
            [Query(f"vendor:umbilical_sensors_surging:count{{{VENDOR}}}", "{{vendor}}")],
            "short",
            Look(limits={3: BAD}, wide=8),
        ),
        graph(
            "Sites where firmware is fetched",
            "Sensors that saw a device fetch firmware of a vendor within an hour.",
            [Query(f"vendor:umbilical_sensors_updating:count{{{VENDOR}}}", "{{vendor}}")],
            "short",
            Look(limits={3: BAD}, wide=8),
        ),
        graph(
            "Sites in contact lately",
            "Sensors that saw any contact with a vendor within an hour. A line that falls while sensors are up is a vendor, or its devices, gone silent.",
            [Query(f"vendor:umbilical_sensors_in_contact_lately:count{{{VENDOR}}}", "{{vendor}}")],
            "short",
            Look(wide=8),
        ),
        graph(
            "Stories that fire",
            "All chosen sites, by severity.",
            [
                Query(f"sum by (severity) (umbilical_alerts_firing{{{HERE}}})", "{{severity}}"),
            ],
            "short",
            Look(stacked=True, colours=SEVERITY_COLOURS, wide=12),
        ),
        graph(
            "Facts that detectors state",
            "By detector, all chosen sites; before any policy of a site.",
            [
                Query(
                    f"sum by (detector) (rate(umbilical_findings_total{{{HERE},{VENDOR}}}[$__rate_interval]))",
                    "{{detector}}",
                )
            ],
            "cps",
            Look(stacked=True, wide=12),
        ),
    ]


def _sensors() -> list[Panel]:
    return [
        listing(
            "Every sensor",
            "One line for each scrape target: is it up, what does it see, how much of it, what does it tell.",
            [
                Query(f'max by (site, instance) (up{{job="umbilical",{HERE}}})'),
                Query(f"sum by (site, instance) (instance:umbilical_frames:rate5m{{{HERE}}})"),
                Query(f"min by (site, instance) (umbilical_capture_completeness_ratio{{{HERE}}})"),
                Query(f"sum by (site, instance) (umbilical_alerts_firing{{{HERE}}})"),
                Query(f"sum by (site, instance) (umbilical_devices{{{HERE}}})"),
                Query(f"max by (site, instance, version) (umbilical_build_info{{{HERE}}})"),
            ],
            {
                "site": Column("Site", link=SITE_LINK),
                "instance": Column("Sensor", link=SENSOR_LINK),
                "Value #A": Column("Up", limits={0: BAD, 1: GOOD}),
                "Value #B": Column("Frames", "pps", {0: BAD, 0.01: GOOD}),
                "Value #C": Column("Complete", "percentunit", {0: BAD, 0.9: WORRYING, 0.99: GOOD}),
                "Value #D": Column("Stories"),
                "Value #E": Column("Devices"),
                "version": Column("Version"),
            },
            Look(high=10),
        ),
        bars(
            "Versions",
            "Sensors by version of the program.",
            Query(f"count by (version) (umbilical_build_info{{{HERE}}})", "{{version}}"),
            "short",
            Look(wide=12),
        ),
        bars(
            "Catalogs",
            "Sensors by the digest of the signatures they use.",
            Query(f"count by (digest) (umbilical_catalog_info{{{HERE}}})", "{{digest}}"),
            "short",
            Look(wide=12),
        ),
    ]
