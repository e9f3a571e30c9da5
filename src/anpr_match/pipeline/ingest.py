"""What the door does with reads: fill in what only it can know, append, count.

Nothing is judged here beyond the form: an odd plate, an unknown camera or a clock that is off goes
into the log and is the matcher's to mark.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from anpr_match.domain.caller import Caller
from anpr_match.domain.camera import Camera
from anpr_match.domain.errors import Forbidden, Problem
from anpr_match.domain.read import Read, TimeSource, derived_read_id
from anpr_match.pipeline.cameras import CameraBook
from anpr_match.ports.clock import Clock
from anpr_match.ports.read_log import ReadLogWriter
from anpr_match.telemetry.metrics import Metrics

Item = Read | list[Problem]
"""A read, or what is wrong with what should have been one."""


class Ingest:
    """The way of reads from the door into the log."""

    def __init__(self, log: ReadLogWriter, cameras: CameraBook, clock: Clock, metrics: Metrics) -> None:
        self._log = log
        self._cameras = cameras
        self._clock = clock
        self._metrics = metrics

    async def accept(self, items: Sequence[Item], by: Caller) -> list[Item]:
        """Append the reads among `items`; durable when this returns. In the same order, the reads as
        they were appended and the problems of the others. Raises as `understood` and
        `ReadLogWriter.append`, and then nothing was appended."""
        understood = self.understood(items, by)
        reads = [item for item in understood if isinstance(item, Read)]
        if reads:
            await self._log.append(reads)
        self._metrics.reads.labels(outcome="accepted").inc(len(reads))
        self._metrics.reads.labels(outcome="refused").inc(len(understood) - len(reads))
        return understood

    def understood(self, items: Sequence[Item], by: Caller) -> list[Item]:
        """The items as they would be appended, with nothing done. Raises `Forbidden` when a read
        names a camera that the caller may not speak for."""
        received_at = self._clock.now()
        camera_ids = {item.camera_id for item in items if isinstance(item, Read)}
        for camera_id in camera_ids:
            self._check_camera(camera_id, by)
        zones = _Zones(self._cameras)
        return [stamped(item, received_at, zones) if isinstance(item, Read) else item for item in items]

    def _check_camera(self, camera_id: str, by: Caller) -> None:
        if by.camera_id == camera_id:
            return
        if not by.all_cameras:
            raise Forbidden("a camera's token may post for its own camera only")
        force = self._cameras.camera(camera_id).force
        if force is not None and force != by.force:
            raise Forbidden("the camera belongs to another force than the token")


class _Zones(dict[str, ZoneInfo]):
    """The zones of the cameras of one post, each looked up when it is first needed."""

    def __init__(self, cameras: CameraBook) -> None:
        super().__init__()
        self._cameras = cameras

    def __missing__(self, camera_id: str) -> ZoneInfo:
        zone = self[camera_id] = zone_of(self._cameras.camera(camera_id))
        return zone


def stamped(read: Read, received_at: datetime, zones: Mapping[str, ZoneInfo]) -> Read:
    """The read with what the door knows: its time in UTC, when it was received, an id if it has none."""
    captured_at, source = _captured(read, received_at, zones)
    return msgspec.structs.replace(
        read,
        captured_at=captured_at,
        time_source=source,
        received_at=received_at,
        read_id=read.read_id or derived_read_id(read.camera_id, captured_at, read.plate),
        odd=(*read.odd, "captured_at") if source == "received" else read.odd,
    )


def _captured(
    read: Read, received_at: datetime, zones: Mapping[str, ZoneInfo]
) -> tuple[datetime, TimeSource]:
    """When the read was captured, in UTC, and how that is known."""
    try:
        if read.captured_at.tzinfo is not None:
            return read.captured_at.astimezone(UTC), "message"
        return in_zone(read.captured_at, zones[read.camera_id], received_at), "camera_zone"
    except OverflowError:
        # The first or last hours of the calendar, which UTC does not have: a clock never set.
        return received_at, "received"


def zone_of(camera: Camera) -> ZoneInfo:
    """The camera's zone; the default one when its own is not known on this machine."""
    try:
        return ZoneInfo(camera.zone)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("Europe/London")


def in_zone(local: datetime, zone: ZoneInfo, received_at: datetime) -> datetime:
    """The instant, in UTC, that a clock in `zone` shows as `local`. In the hour that autumn repeats,
    the one of the two that lies nearer to when the read was received. Raises `OverflowError`."""
    first, second = (_less(local, zone.utcoffset(local.replace(fold=fold))) for fold in (0, 1))
    return first if first == second else min(first, second, key=lambda at: abs(at - received_at))


def _less(local: datetime, offset: timedelta | None) -> datetime:
    return (local - (offset or timedelta())).replace(tzinfo=UTC)
