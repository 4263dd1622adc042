"""The registered domain of a name: public suffix plus one label, offline.

Only the ICANN section of the list counts: the question here is who owns a name, and a cloud's customers
(``bucket.s3.amazonaws.com``) stand under the cloud. The list is read at first use.
"""

from functools import lru_cache

from publicsuffixlist import PublicSuffixList

from monitor.enrich.prefix import is_address

_CACHED_NAMES = 1 << 16


@lru_cache(maxsize=_CACHED_NAMES)
def registered_domain(name: str) -> str | None:
    """Return the registered domain of a name in wire form; None for a bare suffix, one label or an address."""
    if is_address(name):
        return None
    domain: str | None = _suffixes().privatesuffix(name)
    return domain


@lru_cache(maxsize=1)
def _suffixes() -> PublicSuffixList:
    return PublicSuffixList(only_icann=True)
