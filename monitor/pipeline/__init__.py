"""The corridor: the only place that knows the order of the rooms.

``front`` leads from frames to observations (and may run in several workers), ``back`` from observations to alerts
(always one), ``replay`` joins the two over captures.
"""
