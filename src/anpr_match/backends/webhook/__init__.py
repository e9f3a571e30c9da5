"""Telling another program over HTTP what the feed tells."""
