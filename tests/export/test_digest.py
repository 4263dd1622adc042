from monitor.export.digest import Summary


def test_a_summary_of_nothing_needs_no_more_than_zeros() -> None:
    summary = Summary(captures=(), first_ns=None, last_ns=None, packets=0, bytes=0, flows=0, devices=0)
    assert (summary.vendors, summary.alerts, summary.places, summary.gaps, summary.hints) == ((),) * 5
