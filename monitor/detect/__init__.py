"""States facts that matter, with evidence: ``Observation`` -> ``Finding``. One file per behaviour declares ``DETECTOR``."""
