"""What only the earlier readings of a meter can tell: a wrong unit, and which of two hours it is.

Pure, as the decoders are. What is remembered is of one meter at one place; it is stored in the
commit of the events, beside the memory of the decoder.
"""
