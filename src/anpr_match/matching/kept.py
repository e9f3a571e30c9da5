"""The matcher's memory as bytes, to be warm after a restart.

Plates do not lie in them: those seen are keyed hashes already, and those of last sightings are made such
here. A keyed sum over the whole tells bytes that were cut, altered or made with another key.
"""

import hashlib
import hmac
import json
import struct
import zlib
from collections import Counter, OrderedDict
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np

from anpr_match.domain.routing import Place
from anpr_match.matching.matcher import Memory
from anpr_match.matching.seen import SeenBefore
from anpr_match.matching.sightings import Block, RecentSightings, Sighting, State

_HEAD = struct.Struct("<4sIII")
_MAGIC = b"MEM1"
_SUM_BYTES, _PLATE_BYTES = 32, 16
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_ROW = np.dtype([("camera", "<u4"), ("at_us", "<i8"), ("lat", "<f8"), ("lon", "<f8")])


def to_bytes(seen: SeenBefore, sightings: State, key: bytes) -> bytes:
    """The memory, without the key. May run beside the matcher: `sightings` is a copy, and of the plates
    seen each place stands for itself."""
    of_seen, counts, last = seen.to_bytes(), _counts(sightings), _last(sightings, _keyed(key))
    body = b"".join((_HEAD.pack(_MAGIC, len(of_seen), len(counts), len(last)), of_seen, counts, last))
    return body + _sum(body, key)


def from_bytes(raw: bytes, key: bytes) -> Memory:
    """The memory that `to_bytes` gave; also one of plates seen alone, as former versions kept it.
    Raises ValueError when it is neither, is not whole, or is of another key."""
    if raw[:4] != _MAGIC:
        return Memory(SeenBefore.from_bytes(raw, key))
    body, found = raw[:-_SUM_BYTES], raw[-_SUM_BYTES:]
    if len(body) < _HEAD.size or not hmac.compare_digest(found, _sum(body, key)):
        raise ValueError("the memory is not whole, or was made with another key")
    _, seen_bytes, counts_bytes, last_bytes = _HEAD.unpack_from(body)
    counts_at = _HEAD.size + seen_bytes
    last_at = counts_at + counts_bytes
    state = _state(
        json.loads(zlib.decompress(body[counts_at:last_at])),
        zlib.decompress(body[last_at : last_at + last_bytes]),
    )
    seen = SeenBefore.from_bytes(body[_HEAD.size : counts_at], key)
    return Memory(seen, RecentSightings.recalled(state, _keyed(key)))


def _keyed(key: bytes) -> Callable[[str], bytes]:
    own = hashlib.blake2b(key, person=b"sightings").digest()
    return lambda vrm: hashlib.blake2b(vrm.encode(), digest_size=_PLATE_BYTES, key=own).digest()


def _sum(body: bytes, key: bytes) -> bytes:
    own = hashlib.blake2b(key, person=b"memory").digest()
    return hashlib.blake2b(body, digest_size=_SUM_BYTES, key=own).digest()


def _counts(state: State) -> bytes:
    told = {
        "reads": state.reads,
        "cameras": list(dict.fromkeys(sighting.camera_id for sighting in _sightings(state))),
        "chances": state.chances,
        "exact": state.exact,
        "open": [[number, block.chances, block.exact] for number, block in state.open.items()],
    }
    return zlib.compress(json.dumps(told).encode(), 1)


def _sightings(state: State) -> list[Sighting]:
    return [*state.hashed.values(), *state.last.values()]


def _last(state: State, keyed: Callable[[str], bytes]) -> bytes:
    """The hashes of all plates one after the other, then a row for each; the oldest first."""
    plates = b"".join([*state.hashed, *map(keyed, state.last)])
    numbers: dict[str, int] = {}
    rows = [
        (
            numbers.setdefault(sighting.camera_id, len(numbers)),
            (sighting.at - _EPOCH) // _MICROSECOND,
            np.nan if sighting.place is None else sighting.place.lat,
            np.nan if sighting.place is None else sighting.place.lon,
        )
        for sighting in _sightings(state)
    ]
    return zlib.compress(plates + np.array(rows, _ROW).tobytes(), 1)


def _state(told: Mapping[str, Any], last: bytes) -> State:
    count = len(last) // (_PLATE_BYTES + _ROW.itemsize)
    hashed: OrderedDict[bytes, Sighting] = OrderedDict()
    rows = np.frombuffer(last, _ROW, offset=count * _PLATE_BYTES).tolist()
    for i, (camera, at_us, lat, lon) in enumerate(rows):
        place = None if np.isnan(lat) else Place(lat, lon)
        at = _EPOCH + at_us * _MICROSECOND
        hashed[last[i * _PLATE_BYTES : (i + 1) * _PLATE_BYTES]] = Sighting(told["cameras"][camera], at, place)
    return State(
        hashed=hashed,
        last=OrderedDict(),
        reads=told["reads"],
        chances=Counter(told["chances"]),
        exact=Counter(told["exact"]),
        open={number: Block(Counter(chances), Counter(exact)) for number, chances, exact in told["open"]},
    )
