"""A camera: who read, and where it stands and looks."""

from dataclasses import dataclass

from anpr_match.domain.routing import Place


@dataclass(frozen=True, slots=True)
class Camera:
    """`zone` is an IANA name, used for times that carry none. `registered` is False for a camera
    that nobody entered in the register: its reads are matched all the same, and marked.
    `heading` is degrees clockwise from north that the traffic it reads travels."""

    camera_id: str
    force: str | None = None
    name: str | None = None
    road: str | None = None
    lat: float | None = None
    lon: float | None = None
    heading: float | None = None
    zone: str = "Europe/London"
    engine: str | None = None
    registered: bool = True

    @property
    def place(self) -> Place | None:
        return None if self.lat is None or self.lon is None else Place(self.lat, self.lon)

    @classmethod
    def unknown(cls, camera_id: str) -> "Camera":
        return cls(camera_id=camera_id, registered=False)
