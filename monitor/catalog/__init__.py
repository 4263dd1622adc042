"""Loads, checks and indexes the vendor signatures: YAML -> ``Catalog``."""
