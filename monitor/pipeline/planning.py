"""The plan that the fronts of a run follow, out of what the site says and who listens."""

import secrets
from collections.abc import Sequence

from monitor.flow.settings import Settings as FlowSettings
from monitor.pipeline.back import Back, Outputs
from monitor.pipeline.front import Plan
from monitor.pipeline.site import Site

SEED_BITS = 62


def plan_of(
    site: Site, outputs: Outputs, captures: Sequence[str] = (), workers: int = 1, seed: int | None = None
) -> Plan:
    """Return the plan; without a seed the tables of each run hash differently."""
    settings = site.config.settings("flow")
    return Plan(
        captures=tuple(captures),
        flow=settings if isinstance(settings, FlowSettings) else FlowSettings(),
        wanted=Back.wanted(site, outputs),
        news=Back.news(site, outputs),
        home=Back.silent_networks(site, outputs),
        seed=secrets.randbits(SEED_BITS) if seed is None else seed,
        workers=workers,
    )
