"""Files of reads matched, learned from and judged without a server, by the code that the service runs."""
