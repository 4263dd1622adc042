"""Turns packets into flows, ordered payload and endings, in packet order: ``PacketBatch`` -> ``FlowEvent``."""
