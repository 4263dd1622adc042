"""Everything that is opened once at the start: configuration, catalog, geo-IP, detectors, policy."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from ipaddress import ip_network
from pathlib import Path
from typing import Any

from monitor.alert.policy import Policy
from monitor.catalog.catalog import Catalog
from monitor.catalog.pack_in_use import InstalledPack, pack_in_use, version_in_use
from monitor.config.reader import load as load_config
from monitor.config.tree import Config
from monitor.enrich.enricher import Enricher
from monitor.enrich.geoip import EMBEDDED, GeoIp
from monitor.enrich.load import load as load_enricher
from monitor.model.errors import ConfigError
from monitor.pipeline.budget import scaled_settings
from monitor.registry import discover

EMBEDDED_CREDIT = "IP Geolocation by DB-IP (https://db-ip.com), CC BY 4.0"
"""The line on reports that use the embedded database; ``--version`` has the credit in full."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """What a run needs to know before the first frame."""

    config: Config
    catalog: Catalog
    detectors: tuple[Any, ...]
    """Fresh ``model.finding.Detector``s."""
    new_enricher: Callable[[], Enricher]
    share: float = 1.0
    """How much of their capacity the tables have."""
    pack: InstalledPack | None = None
    """The installed pack that the signatures are from; None for the bundled ones or a folder named for this run."""

    @property
    def signatures_day_ns(self) -> int:
        """The day of the pack, or of the newest signature."""
        return version_in_use(self.pack, self.catalog).day_ns

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

    @property
    def credits(self) -> tuple[str, ...]:
        """Who made the geo-IP data: what a report for people must say."""
        paths = (EMBEDDED,) if self.config.database_paths is None else self.config.database_paths
        return tuple(
            EMBEDDED_CREDIT if path == EMBEDDED else GeoIp.load([path]).attribution for path in paths
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Overrides:
    """What the operator says for one run instead of the configuration; empty where it says nothing."""

    home_networks: Sequence[str] = ()
    databases: Sequence[str] = ()


def open_site(
    config_file: Path | None = None,
    signatures: Path | None = None,
    overrides: Overrides | None = None,
    adjusted: Callable[[Config], Config] = lambda config: config,
    share_of: Callable[[Config], float] = lambda _: 1.0,
) -> Site:
    """Open everything; raises ConfigError or SignatureError, with every fault at once.

    ``adjusted`` returns the configuration with what else was said for this run; ``share_of`` how much of their capacity
    the tables have.
    """
    config = adjusted(_overridden(load_config(config_file), overrides or Overrides()))
    share = share_of(config)
    pack = None if signatures is not None else pack_in_use(config.pack_folder)
    shipped = signatures if pack is None else pack.signatures
    catalog = Catalog.load(None if shipped is None else [shipped], local=config.signature_folders)
    detectors = tuple(
        make(scaled_settings(config.settings(f"detect.{name}"), share), catalog)
        for name, make in discover("monitor.detect", "DETECTOR").items()
    )

    def new_enricher() -> Enricher:
        return load_enricher(
            mac_vendor=catalog.mac_vendor,
            home_networks=config.site.home_networks,
            aliases=config.site.devices,
            databases=config.database_paths,
            share=share,
        )

    return Site(
        config=config,
        catalog=catalog,
        detectors=detectors,
        new_enricher=new_enricher,
        share=share,
        pack=pack,
    )


def credits_of(databases: Sequence[str] | None) -> tuple[str, ...]:
    """Return one line of credit for each database; None means the embedded one."""
    paths = (EMBEDDED,) if databases is None else databases
    return tuple(EMBEDDED_CREDIT if path == EMBEDDED else GeoIp.load([path]).attribution for path in paths)


def _overridden(config: Config, overrides: Overrides) -> Config:
    if overrides.home_networks:
        for network in overrides.home_networks:
            _check_network(network)
        config = replace(config, site=replace(config.site, home_networks=tuple(overrides.home_networks)))
    if overrides.databases:
        # The operator's paths are relative to where they stand, not to the configuration.
        databases = tuple(
            name if name == EMBEDDED else str(Path(name).absolute()) for name in overrides.databases
        )
        config = replace(config, geoip=replace(config.geoip, database=databases))
    return config


def _check_network(text: str) -> None:
    try:
        ip_network(text)
    except ValueError as error:
        reason = (
            "it has bits behind its prefix" if "host bits" in str(error) else "write 10.0.0.0/8 or fd00::/8"
        )
        raise ConfigError(f"not a network: '{text}'; {reason}") from error
