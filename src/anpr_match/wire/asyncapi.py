"""The AsyncAPI 3 description of what is not request and answer: the feed, and the topics on Kafka.

Made from the types that the frames are decoded into, so that it cannot say anything else.
"""

from collections.abc import Mapping
from typing import Any, get_args

import msgspec

from anpr_match.domain.read import Read
from anpr_match.wire import feed, hit_shape, told

Json = dict[str, Any]

_REF = "#/components/schemas/{name}"
_BODIES: Mapping[str, type[msgspec.Struct]] = {
    "HitEvent": hit_shape.Hit,
    "UpdatedEvent": hit_shape.Hit,
    "WithdrawnEvent": hit_shape.Withdrawn,
}
_FROM_CLIENT: tuple[type[msgspec.Struct], ...] = get_args(feed.FromClient)
_EVENTS = tuple(frame for frame in told.FRAMES if issubclass(frame, told.Event))


def document(version: str, topics: Mapping[str, str]) -> Json:
    """`topics`: the names of the topics `reads`, `dlq` and `hits`."""
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "anpr-match",
            "version": version,
            "description": "Hits to the patrol cars that can act, and reads from the cameras.",
        },
        "servers": {
            "service": {
                "host": "127.0.0.1:8000",
                "protocol": "ws",
                "security": [_ref("securitySchemes", "token")],
            },
            "brokers": {"host": "127.0.0.1:9092", "protocol": "kafka"},
        },
        "channels": {"feed": _feed(), **_topics(topics)},
        "operations": _operations(),
        "components": {
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
            "messages": _messages(),
            "schemas": _schemas(),
        },
    }


def _feed() -> Json:
    frames = [*_FROM_CLIENT, *told.FRAMES]
    return {
        "address": "/v1/hits/ws",
        "servers": [{"$ref": "#/servers/service"}],
        "description": (
            "Subprotocol anpr.hits.v1; text frames, one JSON object each. The client says hello and is "
            "welcomed; then come events, and heartbeats while there are none. An event's prev is the seq of "
            "the one before it in this subscription: another one means that something is missing, and the "
            "client resumes. GET /v1/hits/stream tells the same as server-sent events."
        ),
        "messages": {_name(frame): _ref("messages", _name(frame)) for frame in frames},
        "bindings": {"ws": {"method": "GET", "bindingVersion": "0.1.0"}},
        "x-close-codes": {str(int(code)): code.name.lower() for code in feed.Close},
    }


def _topics(names: Mapping[str, str]) -> Json:
    words = {
        "reads": ("Reads of the cameras. Key: the camera's id.", ["Read"]),
        "dlq": ("Records that no read could be made of, as they came, with the reason.", ["DeadLetter"]),
        "hits": ("The event log. Key: the hit's id.", [_name(frame) for frame in _EVENTS]),
    }
    return {
        name: {
            "address": names[name],
            "servers": [{"$ref": "#/servers/brokers"}],
            "description": text,
            "messages": {message: _ref("messages", message) for message in messages},
            "bindings": {"kafka": {"topic": names[name], "bindingVersion": "0.5.0"}},
        }
        for name, (text, messages) in words.items()
    }


def _operations() -> Json:
    """From the service's side: it sends what a client receives."""
    return {
        "tellFeed": _operation("send", "feed", [_name(frame) for frame in told.FRAMES]),
        "hearFeed": _operation("receive", "feed", [_name(frame) for frame in _FROM_CLIENT]),
        "takeReads": _operation("receive", "reads", ["Read"]),
        "keepDeadLetters": _operation("send", "dlq", ["DeadLetter"]),
        "exportHits": _operation("send", "hits", [_name(frame) for frame in _EVENTS]),
    }


def _operation(action: str, channel: str, messages: list[str]) -> Json:
    return {
        "action": action,
        "channel": {"$ref": f"#/channels/{channel}"},
        "messages": [{"$ref": f"#/channels/{channel}/messages/{name}"} for name in messages],
    }


def _messages() -> Json:
    frames = {_name(frame): _message(frame) for frame in [*_FROM_CLIENT, *told.FRAMES]}
    headers = {
        name: {"type": "string"} for name in ("reason", "source_topic", "source_partition", "source_offset")
    }
    return {
        **frames,
        "Read": {"contentType": "application/json", "payload": _ref("schemas", "Read")},
        "DeadLetter": {
            "contentType": "application/octet-stream",
            "headers": {"type": "object", "required": list(headers), "properties": headers},
        },
    }


def _message(frame: type[msgspec.Struct]) -> Json:
    return {
        "name": str(frame.__struct_config__.tag),
        "summary": " ".join((frame.__doc__ or "").split()),
        "contentType": "application/json",
        "payload": _ref("schemas", _name(frame)),
    }


def _schemas() -> Json:
    types = [*_FROM_CLIENT, *told.FRAMES, *_BODIES.values(), Read]
    _, schemas = msgspec.json.schema_components(types, ref_template=_REF)
    for name, body in _BODIES.items():
        schemas[name]["properties"]["hit"] = _ref("schemas", body.__name__)
    return schemas


def _name(frame: type[msgspec.Struct]) -> str:
    return frame.__name__


def _ref(kind: str, name: str) -> Json:
    return {"$ref": f"#/components/{kind}/{name}"}
