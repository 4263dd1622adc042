"""``umbilical --version``: what is installed, with the credit that its data ask for."""

from monitor import __version__
from monitor.cli.failure import told_plainly


def print_version() -> None:
    """Print version, signatures and credits."""
    from monitor.catalog.catalog import Catalog
    from monitor.catalog.pack_in_use import pack_in_use
    from monitor.config.tree import Config
    from monitor.enrich.geoip import GeoIp

    print(f"umbilical {__version__}")
    with told_plainly():
        pack = pack_in_use(Config().pack_folder)
        catalog = Catalog.load(None if pack is None else [pack.signatures])
        geoip = GeoIp.load()
    origin = "bundled" if pack is None else f"pack {pack.manifest.version}"
    print(
        f"signatures: {len(catalog.signatures)} of {len(catalog.vendors)} vendors, {origin}, digest {catalog.digest[:16]}"
    )
    print(f"geo-IP: {', '.join(f'{info.type}, built {info.built[:10]}' for info in geoip.info())}")
    print()
    print(geoip.attribution.strip())
