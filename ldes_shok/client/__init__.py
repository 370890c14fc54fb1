"""A client for event streams of others: discovery, pages, their members in order, bookmarks.

Pages are LDES 1.0 on the TREE hypermedia. `fsck` crawls with it, and the source `ldes` follows a
stream with it. It depends on neither, and knows nothing of cabinets.
"""
