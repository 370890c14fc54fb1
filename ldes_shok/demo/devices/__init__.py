"""Fictional devices beside the simulated city: each sends in its own dialect, as a real one would.

Pure: what a device sends at a time follows from its name, the seed and that time, so a demo that
was killed continues with the same devices. `demo/device_links.py` connects them to the service.
"""
