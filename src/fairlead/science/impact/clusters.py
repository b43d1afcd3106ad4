"""From how many clusters on their errors can be relied on."""

FEW_CLUSTERS = 10
BLOCKS_PER_CLUSTER = 0.1  # from which on CR1 is too narrow: tests/…/impact/test_simulation.py
