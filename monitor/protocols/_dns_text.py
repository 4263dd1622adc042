"""Character strings of DNS records as a zone file writes them (RFC 1035 section 5.1)."""


def quoted(raw: bytes) -> str:
    r"""Return the bytes in quotes: ``\"`` and ``\\`` escaped, ``\DDD`` for what is not printable ASCII."""
    return '"' + "".join(map(_QUOTED.__getitem__, raw)) + '"'


def _quoted(code: int) -> str:
    if chr(code) in '"\\':
        return "\\" + chr(code)
    return chr(code) if 0x20 <= code < 0x7F else f"\\{code:03d}"


_QUOTED = tuple(_quoted(code) for code in range(256))
