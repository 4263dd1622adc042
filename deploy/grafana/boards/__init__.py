"""One dashboard per file, of the parts in ``parts.py``."""
