"""Reads event streams of others: discovery, pages, their members in order, and what was read.

Pages are LDES 1.0 on the TREE hypermedia. `fsck` crawls with it, the source `ldes` follows with it;
it knows nothing of either, and nothing of cabinets.
"""
