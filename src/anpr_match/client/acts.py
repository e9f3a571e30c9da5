"""An officer's acts, kept on the device until the service has them.

An act has the time at which it was done and an id of its own, so that one sent twice, since the answer to
the first was lost, counts once. Acts are sent one after the other, in the order in which they were done.
"""

import secrets
from collections import deque
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, Literal
from urllib.parse import quote

import msgspec

from anpr_match.client import files

ACTS_MAX = 1_000
AGAIN = frozenset({401, 408, 409, 425, 429})
"""Statuses, beside all from 500 on, after which the same act may go through: 409 and 425 mean that the
first try is still under way, and a token may be made good again."""

Kind = Literal["acknowledge", "take", "give_back", "not_it"]


class Act(msgspec.Struct, frozen=True):
    """One act on one hit, as it will be sent."""

    act_id: str
    hit_id: str
    door: Literal["acknowledgements", "outcomes"]
    body: dict[str, Any]

    @property
    def path(self) -> str:
        return f"/v1/hits/{quote(self.hit_id, safe='')}/{self.door}"

    def content(self) -> bytes:
        return msgspec.json.encode(self.body)


def acknowledgement(hit_id: str, kind: Kind, at: datetime, **more: Any) -> Act:
    """`more`: `answer` and `plate_true` of a `not_it`."""
    return _act(hit_id, "acknowledgements", {"kind": kind, **more}, at)


def outcome(hit_id: str, what: str, at: datetime, **more: Any) -> Act:
    return _act(hit_id, "outcomes", {"outcome": what, **more}, at)


def _act(
    hit_id: str, door: Literal["acknowledgements", "outcomes"], body: dict[str, Any], at: datetime
) -> Act:
    act_id = "a-" + secrets.token_hex(12)
    told = {name: value for name, value in body.items() if value is not None}
    return Act(act_id, hit_id, door, {**told, "at": at.isoformat(), "act_id": act_id})


class Settled(StrEnum):
    """What an answer to an act means for it."""

    DONE = "done"
    REFUSED = "refused"
    AGAIN = "again"

    @classmethod
    def by(cls, status: int) -> "Settled":
        if 200 <= status < 300:
            return cls.DONE
        return cls.AGAIN if status >= 500 or status in AGAIN else cls.REFUSED


class ActBox:
    """The acts that the service does not have yet, oldest first; in a file too, if there is one."""

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        kept = files.read(path) if path else None
        self._acts: deque[Act] = deque(msgspec.convert(kept or [], list[Act]))

    def __len__(self) -> int:
        return len(self._acts)

    @property
    def first(self) -> Act | None:
        return self._acts[0] if self._acts else None

    def put(self, act: Act) -> None:
        """Raises `OverflowError` when too many wait: the device was away too long."""
        if len(self._acts) >= ACTS_MAX:
            raise OverflowError(f"more than {ACTS_MAX} acts wait to be sent")
        self._acts.append(act)
        self._keep()

    def remove_first(self) -> Act:
        act = self._acts.popleft()
        self._keep()
        return act

    def _keep(self) -> None:
        if self._path:
            files.write(self._path, list(self._acts))
