"""The outside contract over HTTP, on aiohttp. Reads the log; never writes it."""
