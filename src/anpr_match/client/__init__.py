"""A patrol car's client of the feed: every hit it may see, in order, once, over a link that comes and goes.

`client.Client` connects, resumes, catches up and acts; `protocol.Protocol` decides all of it without any
input or output, for those who bring another event loop or another websocket.
"""
