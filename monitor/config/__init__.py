"""Reads ``umbilical.toml`` once into one frozen tree; stands beside the corridor and may know every room's ``Settings``."""

from monitor.config.reader import load
from monitor.config.schema import json_schema
from monitor.config.tree import Config

__all__ = ["Config", "json_schema", "load"]
