"""Knocking at the door of a running service, as a camera would."""

import json
import urllib.error
import urllib.request
from typing import Any

from anpr_match.domain import errors

WAIT_S = 10.0
ANSWER_BYTES_MAX = 10_000_000


def dry_run(url: str, token: str, camera_id: str, plate: str) -> tuple[int, Any]:
    """The status and body of the answer. Raises `Unavailable` when nothing answers."""
    read = {"camera_id": camera_id, "captured_at": "2026-01-01T00:00:00Z", "plate": plate}
    request = urllib.request.Request(
        url.rstrip("/") + "/v1/reads?dry_run=true",
        data=json.dumps(read).encode(),
        headers={"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
        method="POST",
    )
    return _answered(request)


def ready(url: str) -> tuple[int, Any]:
    """The status and body of /readyz. Raises `Unavailable` when nothing answers."""
    return _answered(urllib.request.Request(url.rstrip("/") + "/readyz"))


def numbers(url: str) -> str:
    """The text of /metrics. Raises `Unavailable` when nothing answers."""
    status, text = _answered(urllib.request.Request(url.rstrip("/") + "/metrics"))
    return text if status == 200 and isinstance(text, str) else ""


def in_words(status: int, answer: Any) -> str:
    """The answer for a person: what was understood, or what is wrong with it."""
    if status < 300:
        return f"{status}: understood\n{json.dumps(answer, ensure_ascii=False, indent=2)}"
    if not isinstance(answer, dict):
        return f"{status}"
    lines = [f"{status}: {answer.get('detail') or answer.get('title')}"]
    lines += [f"  {e.get('pointer')}: {e.get('detail')}" for e in answer.get("errors", [])]
    return "\n".join(lines)


def _answered(request: urllib.request.Request) -> tuple[int, Any]:
    try:
        with urllib.request.urlopen(request, timeout=WAIT_S) as answer:
            return answer.status, _body(answer.read(ANSWER_BYTES_MAX))
    except urllib.error.HTTPError as error:
        return error.code, _body(error.read(ANSWER_BYTES_MAX))
    except (urllib.error.URLError, TimeoutError, ConnectionError) as error:
        reason = getattr(error, "reason", error)
        raise errors.Unavailable(f"nothing answers at {request.full_url}: {reason}") from error


def _body(content: bytes) -> Any:
    try:
        return json.loads(content)
    except ValueError:
        return content.decode("utf-8", "replace")
