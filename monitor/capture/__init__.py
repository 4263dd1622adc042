"""Turns a source of bytes into batches of time-stamped frames: path or interface -> ``FrameBatch``."""
