"""Makes traffic for benchmarks: the mix of a home or plant with IoT devices, out of a seed. Needs numpy and cryptography only."""
