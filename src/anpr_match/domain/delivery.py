"""Delivery: who may open a feed for a moment, which device has it, and how far that device has come."""

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from anpr_match.domain.event import Position


@dataclass(frozen=True, slots=True)
class Ticket:
    """Opens one feed, once, for the bearer of a token; from the web origin it was asked for from, if
    it was asked for from a web page."""

    token_id: str
    origin: str | None
    expires_at: datetime


class Device(NamedTuple):
    """A device by the name that it gives itself, with the token it bears. The empty name stands for
    every device of the token that gives none."""

    token_id: str
    name: str


@dataclass(frozen=True, slots=True)
class Receipt:
    """Everything up to `position` has reached the device. That an officer saw it is another matter."""

    device: Device
    position: Position
    at: datetime
