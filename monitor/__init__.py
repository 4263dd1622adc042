"""Umbilical watches the cord between cellular modules and those who can update them."""

__version__ = "0.1.0"
