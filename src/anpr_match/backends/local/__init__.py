"""What the embedded set has beside its database: clock, bells within the process, the log of reads."""
