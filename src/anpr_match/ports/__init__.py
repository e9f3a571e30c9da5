"""What the service needs from outside, as protocols whose docstrings state the guarantees."""
