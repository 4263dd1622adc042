"""The languages of other tools, one to a file; each declares ``DIALECT`` and ``registry.discover`` finds it."""
