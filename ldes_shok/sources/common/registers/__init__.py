"""Checks that need a meter's earlier readings: a wrong unit, and which of two hours it is.

These modules are pure, as the decoders are. The memory is of one meter at one place. It is stored
in the commit of the events, beside the memory of the decoder.
"""
