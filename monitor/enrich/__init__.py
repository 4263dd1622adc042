"""Adds what is known about the two ends: device identity, names, geo-IP, ASN: ``Observation`` -> ``Observation``."""
