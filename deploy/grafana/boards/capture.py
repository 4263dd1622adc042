"""Two rows of the sensor's health: what becomes of frames, and what the work costs."""

from boards.parts import BAD, HERE, WORRYING, Look, Panel, Query, bars, graph, states


def capture() -> list[Panel]:
    """Return the panels about frames."""
    return [
        graph(
            "Frames",
            "By interface. A line at 0 is a mirror port that is not fed.",
            [
                Query(
                    f"rate(umbilical_frames_total{{{HERE}}}[$__rate_interval])", "{{instance}} {{interface}}"
                )
            ],
            "pps",
            Look(wide=8),
        ),
        graph(
            "Bits",
            "By interface, as on the wire.",
            [
                Query(
                    f"8 * rate(umbilical_frame_bytes_total{{{HERE}}}[$__rate_interval])",
                    "{{instance}} {{interface}}",
                )
            ],
            "bps",
            Look(wide=8),
        ),
        states(
            "Interfaces and workers",
            "When an interface was down, or a process that captures had died.",
            Query(
                f"umbilical_capture_up{{{HERE}}} or umbilical_worker_up{{{HERE}}}",
                "{{instance}} {{interface}}{{worker}}",
            ),
            {"0": ("down", "red"), "1": ("up", "green")},
            Look(wide=8),
        ),
        graph(
            "Lost or unusable",
            "By reason: nic and ring were never read; the others were read and could not be used.",
            [
                Query(
                    f"sum by (interface, reason) (rate(umbilical_frames_dropped_total{{{HERE}}}[$__rate_interval]))",
                    "{{interface}} {{reason}}",
                )
            ],
            "pps",
            Look(stacked=True, wide=8),
        ),
        graph(
            "Rightly ignored",
            "By reason: nothing is lost by these.",
            [
                Query(
                    f"sum by (interface, reason) (rate(umbilical_frames_ignored_total{{{HERE}}}[$__rate_interval]))",
                    "{{interface}} {{reason}}",
                )
            ],
            "pps",
            Look(stacked=True, wide=8),
        ),
        graph(
            "Malformed messages",
            "By protocol; the peer's fault. A step may be a scan, or a mirror that cuts frames short.",
            [
                Query(
                    f"sum by (room, protocol) (rate(umbilical_malformed_total{{{HERE}}}[$__rate_interval]))",
                    "{{room}} {{protocol}}",
                )
            ],
            "cps",
            Look(stacked=True, wide=8),
        ),
        graph(
            "Completeness",
            "Share of frames not lost, over five minutes.",
            [Query(f"umbilical_capture_completeness_ratio{{{HERE}}}", "{{instance}}")],
            "percentunit",
            Look(wide=8),
        ),
        graph(
            "Behind the wire",
            "Event time against the clock.",
            [Query(f"umbilical_capture_lag_seconds{{{HERE}}}", "{{instance}}")],
            "s",
            Look(limits={10: BAD}, wide=8),
        ),
        graph(
            "Since the latest frame",
            "By interface, against Prometheus's clock. Steadily high with frames arriving means a wrong clock.",
            [
                Query(
                    f"time() - (umbilical_capture_last_frame_timestamp_seconds{{{HERE}}} > 0)",
                    "{{instance}} {{interface}}",
                )
            ],
            "s",
            Look(wide=8),
        ),
    ]


def load() -> list[Panel]:
    """Return the panels about memory, processor, tables and scrapes."""
    return [
        graph(
            "Memory",
            "Against the budget that the configuration sets.",
            [
                Query(f'process_resident_memory_bytes{{job="umbilical",{HERE}}}', "{{instance}}"),
                Query(f"umbilical_memory_budget_bytes{{{HERE}}}", "{{instance}} budget"),
            ],
            "bytes",
            Look(wide=8),
        ),
        graph(
            "Processor",
            "Seconds of processor time per second, the main process.",
            [
                Query(
                    f'rate(process_cpu_seconds_total{{job="umbilical",{HERE}}}[$__rate_interval])',
                    "{{instance}}",
                )
            ],
            "short",
            Look(wide=8),
        ),
        graph(
            "Flows",
            "Flows in the flow table.",
            [Query(f"umbilical_flows_active{{{HERE}}}", "{{instance}}")],
            "short",
            Look(wide=8),
        ),
        bars(
            "Tables",
            "How full each table is. At 100 % the oldest entries are given up.",
            Query(
                f"sort_desc(max by (table) (umbilical_table_entries{{{HERE}}} / (umbilical_table_capacity{{{HERE}}} > 0)))",
                "{{table}}",
            ),
            "percentunit",
            Look(limits={0.8: WORRYING, 0.95: BAD}),
        ),
        graph(
            "Given up by full tables",
            "By table. What was forgotten cannot be told apart from what never was.",
            [
                Query(
                    f"sum by (table) (rate(umbilical_table_evictions_total{{{HERE}}}[$__rate_interval]))",
                    "{{table}}",
                )
            ],
            "cps",
            Look(stacked=True, wide=8),
        ),
        graph(
            "Faults of the program",
            "By room; must stay 0.",
            [
                Query(
                    f"sum by (room) (increase(umbilical_internal_errors_total{{{HERE}}}[$__rate_interval]))",
                    "{{room}}",
                )
            ],
            "short",
            Look(stacked=True, wide=8),
        ),
        graph(
            "Scrapes",
            "How long Prometheus waits for this sensor's metrics; it gives up after 10 seconds.",
            [Query(f'scrape_duration_seconds{{job="umbilical",{HERE}}}', "{{instance}}")],
            "s",
            Look(limits={5: BAD}),
        ),
        graph(
            "Samples in a scrape",
            "Bounded whatever the traffic does; prometheus.yml refuses more than 50000.",
            [Query(f'scrape_samples_scraped{{job="umbilical",{HERE}}}', "{{instance}}")],
            "short",
            Look(limits={40000: BAD}),
        ),
    ]
