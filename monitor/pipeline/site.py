"""Everything that is opened once at the start: configuration, catalog, geo-IP, detectors, policy."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from monitor.alert.policy import Policy
from monitor.catalog.catalog import Catalog
from monitor.config.reader import load as load_config
from monitor.config.tree import Config
from monitor.enrich.enricher import Enricher
from monitor.enrich.load import load as load_enricher
from monitor.registry import discover


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """What a run needs to know before the first frame."""

    config: Config
    catalog: Catalog
    detectors: tuple[Any, ...]
    """Fresh ``model.finding.Detector``s."""
    new_enricher: Callable[[], Enricher]

    @property
    def policy(self) -> Policy:
        """What the configuration decides about alerts."""
        site, alert = self.config.site, self.config.alert
        return Policy(
            suppress_for_ns=alert.suppress_for_ns,
            resolve_after_ns=alert.resolve_after_ns,
            min_severity=alert.min_severity,
            mutes=alert.mute,
            expected_remotes=site.expected_remotes,
            group_remotes={name: group.allowed_remotes for name, group in site.groups.items()},
        )


def open_site(config_file: Path | None = None, signatures: Path | None = None) -> Site:
    """Open everything; raises ConfigError or SignatureError, with every fault at once."""
    config = load_config(config_file)
    catalog = Catalog.load(None if signatures is None else [signatures], local=config.signature_folders)
    detectors = tuple(
        make(config.settings(f"detect.{name}"), catalog)
        for name, make in discover("monitor.detect", "DETECTOR").items()
    )

    def new_enricher() -> Enricher:
        return load_enricher(
            mac_vendor=catalog.mac_vendor,
            home_networks=config.site.home_networks,
            aliases=config.site.devices,
            databases=config.database_paths,
        )

    return Site(config=config, catalog=catalog, detectors=detectors, new_enricher=new_enricher)
