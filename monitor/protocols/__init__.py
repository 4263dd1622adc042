"""Says what was seen in a payload and judges nothing: ``FlowEvent`` -> ``Observation``. One file per protocol declares ``PARSER``."""
