"""The register of cameras as the matcher and the door see it: in memory, looked up by id."""

import asyncio
from collections.abc import Mapping

from anpr_match.domain.camera import Camera
from anpr_match.domain.routing import Place
from anpr_match.ports.registers import Registers
from anpr_match.ports.wake_up import Bell, WakeUp
from anpr_match.telemetry.health import Finding


class CameraBook:
    """A copy of the register that is at most `refresh_s` old."""

    def __init__(self, registers: Registers, wake_up: WakeUp, refresh_s: float) -> None:
        self._registers = registers
        self._wake_up = wake_up
        self._refresh_s = refresh_s
        self._cameras: dict[str, Camera] = {}
        self._engines: dict[str, str] = {}
        self._places: dict[str, Place] = {}
        self._loaded = False

    async def run(self, stop: asyncio.Event) -> None:
        heard = self._wake_up.listen(Bell.REGISTERS)
        while not stop.is_set():
            await self.refresh()
            await heard.wait(self._refresh_s)

    async def refresh(self) -> None:
        cameras = await self._registers.cameras()
        self._cameras = {camera.camera_id: camera for camera in cameras}
        self._engines = {c.camera_id: c.engine for c in cameras if c.engine}
        self._places = {c.camera_id: place for c in cameras if (place := c.place)}
        self._loaded = True

    def camera(self, camera_id: str) -> Camera:
        """The camera of this id; one nobody registered comes back marked so."""
        return self._cameras.get(camera_id) or Camera.unknown(camera_id)

    def known(self, camera_id: str) -> bool:
        return camera_id in self._cameras

    @property
    def engines(self) -> Mapping[str, str]:
        """The reading engine of each camera that has one on record."""
        return self._engines

    @property
    def places(self) -> Mapping[str, Place]:
        """Where each camera stands, of those that have it on record."""
        return self._places

    async def ready(self) -> Finding:
        if not self._loaded:
            return Finding(ok=False, detail="the register of cameras is not loaded yet")
        return Finding(ok=True, detail=f"{len(self._cameras)} cameras")
