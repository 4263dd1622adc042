"""The sections of the benchmark. Each has one function, which measures, prints a table and states its targets."""
