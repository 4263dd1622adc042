"""How examples are said on the wire, one protocol to a file; each declares ``SPEAK``."""
