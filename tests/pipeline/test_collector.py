"""The garbage collector is told to look less often, and still looks."""

import subprocess
import sys

SCRIPT = """
import gc
from monitor.pipeline.collector import COLLECTED_AT, calm_collector
calm_collector()
assert gc.isenabled()
assert gc.get_threshold()[0] == COLLECTED_AT
assert gc.get_freeze_count() > 0
"""


def test_the_collector_is_calmed_and_not_switched_off() -> None:
    assert subprocess.run([sys.executable, "-c", SCRIPT], check=False).returncode == 0
