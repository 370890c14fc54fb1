"""Invented devices beside the simulated city: each says in its own dialect what a real one would.

Pure: what a device says at a time follows from its name, the seed and that time, so a demo that was
killed goes on with the same devices. Who carries it to the service is another's concern.
"""
