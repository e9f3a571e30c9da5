"""A new name for the event log, after a backup was put back."""

from anpr_match.backends.sql import epoch
from anpr_match.bootstrap.stores import open_stores
from anpr_match.settings import Settings


async def renewed(settings: Settings) -> str:
    """The new name. Raises `SetUp`, `Unavailable`."""
    async with open_stores(settings) as stores:
        return await epoch.renew(stores.database)
