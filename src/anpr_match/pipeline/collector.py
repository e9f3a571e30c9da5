"""When Python looks for garbage in circles: seldom.

By its own count it looks after each 700 objects, and a batch of reads is tens of thousands, all of which are
gone when the batch is: looking was an eighth of what a read costs.
"""

import gc

EVERY_OBJECTS = 50_000
"""About a millisecond of looking at a time."""
YOUNG_ROUNDS, OLD_ROUNDS = 20, 50
"""After so many rounds the ones that stayed are looked at too."""


def settle() -> None:
    """What there is now stays, and is never looked at again; what comes is looked at in large rounds. For
    the whole process, and after each load of the watchlist, which is most of what stays."""
    gc.freeze()
    gc.set_threshold(EVERY_OBJECTS, YOUNG_ROUNDS, OLD_ROUNDS)
