"""Signing by Standard Webhooks: https://github.com/standard-webhooks/standard-webhooks"""

import base64
import binascii
import hashlib
import hmac

from anpr_match.domain.errors import SetUp

PREFIX = "whsec_"
KEY_BYTES_MIN = 24
KEY_BYTES_MAX = 64


def key(secret: str, setting: str = "ANPR_WEBHOOK") -> bytes:
    """The key of a secret as it is shared: `whsec_` and base64. Raises `SetUp`, which names the webhook by
    its setting."""
    try:
        made = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except binascii.Error:
        made = b""
    if not secret.startswith(PREFIX) or not KEY_BYTES_MIN <= len(made) <= KEY_BYTES_MAX:
        raise SetUp(
            f"{setting}__SECRET must be {PREFIX} and {KEY_BYTES_MIN} to {KEY_BYTES_MAX} bytes in base64"
        )
    return made


def headers(key: bytes, message_id: str, timestamp_s: int, body: bytes) -> dict[str, str]:
    """The three headers: HMAC-SHA256 over id, time and body, with dots between."""
    signed = f"{message_id}.{timestamp_s}.".encode() + body
    digest = base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp_s),
        "webhook-signature": f"v1,{digest}",
    }
