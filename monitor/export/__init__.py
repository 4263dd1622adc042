"""Shows alerts, records and health to the outside: ``Alert`` and snapshots -> world."""
