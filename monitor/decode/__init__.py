"""Turns frames into columns of addresses, ports and payload ranges, through every tunnel: ``FrameBatch`` -> ``PacketBatch``."""
