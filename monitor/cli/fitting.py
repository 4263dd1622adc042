"""How large the tables of a sensor may be by its configuration, and what is worth saying about that."""

from monitor.cli.wish import PIPE
from monitor.config.tree import Config
from monitor.pipeline.budget import Fitted, fitted

NARROW_SHARE = 0.25
"""Tables that hold less than this part of what they could are worth a word."""
_SMALLER_RINGS = "smaller rings (capture.ring_size)"
_LESS_RECORDING = "a smaller window of recording (export.recorder.memory)"


def fitted_to(config: Config) -> Fitted:
    """Return what fits into the memory that is configured; raises ValueError when nothing does."""
    sensor = config.sensor
    held = {}
    if sensor.interfaces != (PIPE,):
        rings = len(sensor.interfaces) * sensor.workers
        held[_SMALLER_RINGS] = config.settings("capture").ring_size_bytes * rings
    if config.record_folder is not None:
        held[_LESS_RECORDING] = config.settings("export.recorder").limits.memory_bytes * sensor.workers
    wanted = config.settings("flow").capacity
    is_saved = config.state_folder is not None
    return fitted(sensor.memory_budget_bytes, wanted, sensor.workers, held, saves=is_saved)


def narrowness(config: Config) -> str:
    """Return what people should know of a tight fit; empty when there is nothing to say."""
    fit = fitted_to(config)
    if fit.share >= NARROW_SHARE:
        return ""
    flows = fit.flow_capacity * config.sensor.workers
    return (
        f"tables hold {fit.share:.0%} of what they could, to fit sensor.memory_budget: {flows} flows at once"
    )
