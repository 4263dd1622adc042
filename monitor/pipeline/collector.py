"""How often Python looks for cycles while records come and go by the million."""

import gc

COLLECTED_AT = 50_000
"""Objects made and not yet gone, some megabytes; Python's own 700 costs a tenth of a replay's time."""


def calm_collector() -> None:
    """Leave what stands now out of the search for cycles, and search less often: records hold none."""
    gc.freeze()
    gc.set_threshold(COLLECTED_AT, 50, 100)
