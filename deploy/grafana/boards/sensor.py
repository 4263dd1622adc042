"""Sensor health: what reaches the sensor, what becomes of it, what it knows, keeps and sends on."""

from grafana_foundation_sdk.models import dashboard as model

from boards.capture import capture, load
from boards.parts import (
    BAD,
    GOOD,
    HERE,
    WORRYING,
    Column,
    Look,
    Panel,
    Query,
    Row,
    alerts_firing,
    board,
    choice,
    graph,
    listing,
    number,
)

DAY = 86400


def sensor() -> model.Dashboard:
    """Return the dashboard."""
    return board(
        "umbilical-sensor",
        "Umbilical / Sensor health",
        "Whether a sensor sees everything, keeps up, knows enough, remembers and delivers.",
        [
            choice("site", "Site", "umbilical_build_info"),
            choice("instance", "Sensor", "umbilical_build_info", among='site=~"$site"'),
        ],
        [
            Row("Now", _now()),
            Row("Capture", capture()),
            Row("Load", load()),
            Row("Knowledge", _knowledge()),
            Row("Alerts on their way", _delivery()),
        ],
    )


def _now() -> list[Panel]:
    return [
        number(
            "Up",
            "Sensors that answer, of those chosen.",
            Query(f'sum(up{{job="umbilical",{HERE}}}) / count(up{{job="umbilical",{HERE}}})'),
            "percentunit",
            {0: BAD, 0.999: GOOD},
        ),
        number(
            "Complete",
            "Share of the frames of the last five minutes that were not lost.",
            Query(f"min(umbilical_capture_completeness_ratio{{{HERE}}})"),
            "percentunit",
            {0: BAD, 0.9: WORRYING, 0.99: GOOD},
        ),
        number(
            "Behind the wire",
            "How far the newest frame that was worked through is behind the clock.",
            Query(f"max(umbilical_capture_lag_seconds{{{HERE}}})"),
            "s",
            {2: WORRYING, 10: BAD},
        ),
        number(
            "One way",
            "TCP flows lately ended that showed one direction only. Above half, the mirror copies one side.",
            Query(f"max(umbilical_capture_one_way_ratio{{{HERE}}})"),
            "percentunit",
            {0.2: WORRYING, 0.5: BAD},
        ),
        number(
            "Faults of the program",
            "Internal errors since the sensor began to count. Must stay 0.",
            Query(f"sum(umbilical_internal_errors_total{{{HERE}}})"),
            "short",
            {1: BAD},
        ),
        number(
            "Configuration in use",
            "0 when the last reload was refused; the configuration before it stays in use.",
            Query(f"min(umbilical_config_last_reload_successful{{{HERE}}})"),
            "bool_yes_no",
            {0: BAD, 1: GOOD},
        ),
        alerts_firing("sensor", HERE),
    ]


def _knowledge() -> list[Panel]:
    return [
        number(
            "Age of the signatures",
            "Day of the installed pack, or of the newest bundled signature.",
            Query(f"max(time() - umbilical_catalog_pack_timestamp_seconds{{{HERE}}})"),
            "s",
            {90 * DAY: WORRYING, 180 * DAY: BAD},
        ),
        number(
            "Signatures",
            "Loaded, of every status.",
            Query(f"min(sum by (instance) (umbilical_catalog_signatures{{{HERE}}}))"),
            "short",
            {0: BAD, 1: GOOD},
        ),
        number(
            "Since the last checkpoint",
            "What was learnt since then a crash would lose.",
            Query(f"max(time() - umbilical_checkpoint_last_success_timestamp_seconds{{{HERE}}})"),
            "s",
            {300: WORRYING, 900: BAD},
        ),
        number(
            "Size of the state",
            "Of the last checkpoint on disk.",
            Query(f"max(umbilical_checkpoint_bytes{{{HERE}}})"),
            "bytes",
        ),
        number(
            "Checkpoints that failed",
            "Since the sensor began to count.",
            Query(f"sum(umbilical_checkpoint_failures_total{{{HERE}}})"),
            "short",
            {1: WORRYING},
        ),
        number(
            "Running for",
            "Since the process started.",
            Query(f'min(time() - process_start_time_seconds{{job="umbilical",{HERE}}})'),
            "s",
        ),
        listing(
            "Geo-IP databases",
            "Age of each database that is in use.",
            [Query(f"max by (database) (time() - (umbilical_geoip_build_timestamp_seconds{{{HERE}}} > 0))")],
            {
                "database": Column("Database"),
                "Value": Column("Age", "s", {90 * DAY: WORRYING, 180 * DAY: BAD}),
            },
            Look(wide=12),
        ),
        listing(
            "Signatures by status",
            "What is loaded.",
            [Query(f"sum by (status) (umbilical_catalog_signatures{{{HERE}}}) > 0")],
            {"status": Column("Status"), "Value": Column("Signatures")},
            Look(wide=12),
        ),
    ]


def _delivery() -> list[Panel]:
    return [
        graph(
            "From the wire to the alert",
            "Half of the alerts, and all but one in a hundred, were told faster than this.",
            [
                Query(
                    f"histogram_quantile({share}, sum by (le) (rate(umbilical_alert_delay_seconds_bucket{{{HERE}}}[$__rate_interval])))",
                    name,
                )
                for share, name in ((0.5, "half"), (0.99, "99 of 100"))
            ],
            "s",
            Look(limits={5: BAD}, wide=8),
        ),
        graph(
            "Waiting",
            "Alerts that an output does not have yet; under spool those that wait for the disk, in memory only.",
            [Query(f"umbilical_spool_pending_alerts{{{HERE}}}", "{{instance}} {{output}}")],
            "short",
            Look(wide=8),
        ),
        graph(
            "Spool",
            "Against its limit; beyond it the oldest alerts are given up.",
            [
                Query(f"umbilical_spool_bytes{{{HERE}}}", "{{instance}}"),
                Query(f"umbilical_spool_limit_bytes{{{HERE}}}", "{{instance}} limit"),
            ],
            "bytes",
            Look(wide=8),
        ),
        graph(
            "Delivered",
            "By output.",
            [
                Query(
                    f"sum by (output) (rate(umbilical_deliveries_total{{{HERE}}}[$__rate_interval]))",
                    "{{output}}",
                )
            ],
            "cps",
            Look(wide=8),
        ),
        graph(
            "Attempts that failed",
            "By output; each is tried again.",
            [
                Query(
                    f"sum by (output) (rate(umbilical_delivery_failures_total{{{HERE}}}[$__rate_interval]))",
                    "{{output}}",
                )
            ],
            "cps",
            Look(wide=8),
        ),
        graph(
            "Given up",
            "Alerts that an output will not get: the full spool dropped them, or the far end refused them for good; and writes of the spool that failed. Must stay 0.",
            [
                Query(
                    f"sum by (output) (increase(umbilical_spool_dropped_total{{{HERE}}}[$__rate_interval]))",
                    "{{output}} dropped",
                ),
                Query(
                    f"sum by (output) (increase(umbilical_deliveries_rejected_total{{{HERE}}}[$__rate_interval]))",
                    "{{output}} refused",
                ),
                Query(
                    f"sum by (instance) (increase(umbilical_spool_write_failures_total{{{HERE}}}[$__rate_interval]))",
                    "{{instance}} writes failed",
                ),
            ],
            "short",
            Look(wide=8),
        ),
    ]
