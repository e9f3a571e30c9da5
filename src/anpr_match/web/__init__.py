"""The front door: HTTP and websocket."""
