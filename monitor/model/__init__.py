"""Says what the words mean: the records that pass between rooms, and nothing that acts on them.

Rule 1: this shelf imports the standard library and numpy, never a room, never a third-party package.
Rule 2: what stands here is frozen, or columns; behaviour belongs in a room.
"""
