"""Applies the site's policy: merges, mutes, fires, resolves: ``Finding`` -> ``Alert``."""
