"""What ``umbilical doctor`` looks at: one file for each thing, which declares ``CHECK``, a function from ``Subject`` to remarks.

A check reads and judges; it changes nothing. What it finds wrong it tells with the command that mends it.
"""
