"""What goes wrong with controllers, as the bytes that they then send.

A scene names a dialect, a seed and a moment; a fault makes messages of it, and the same scene gives
the same bytes. What must become of them stands in `tests/controllers/`.
"""
