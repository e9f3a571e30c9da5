"""Watchlists as files: read with line numbers, compared with what stands, and written again.

Pure: bytes and values in, values out. Nothing here opens a file or knows a store, so `watchlist import`,
`watchlist export` and `replay` share one reader.
"""
