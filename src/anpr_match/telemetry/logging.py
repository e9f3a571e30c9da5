"""Structured logs: an event name and fields, one JSON object a line.

A plate with place and time is personal data, so plates never come here; a read's or hit's id does.
Records of the libraries (uvicorn, aiokafka, sqlalchemy) pass through the same processors, so that
one format leaves the process.
"""

import logging
import sys
from typing import Literal

import structlog
from structlog.typing import Processor

LIBRARIES_AT_WARNING = ("aiokafka", "asyncio", "sqlalchemy", "alembic", "uvicorn.access")

LIBRARY_SAYS_AGAIN_S = 30.0
MESSAGES_MAX = 1_000


class Sparing(logging.Filter):
    """Of what a library says again and again, once in `again_s`: ten minutes without a broker were a hundred
    thousand lines. Messages are told apart by their text before values are filled in."""

    def __init__(self, again_s: float) -> None:
        super().__init__()
        self._again_s = again_s
        self._said_at_s: dict[tuple[str, str], float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        if record.name.partition(".")[0] not in LIBRARIES_AT_WARNING:
            return True
        said = (record.name, str(record.msg))
        if record.created - self._said_at_s.get(said, -self._again_s) < self._again_s:
            return False
        if len(self._said_at_s) >= MESSAGES_MAX:
            self._said_at_s.clear()
        self._said_at_s[said] = record.created
        return True


def set_up(level: str, form: Literal["json", "console"]) -> None:
    """Configure logging for this process; called once, by the command line."""
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *_renderers(form)],
        )
    )
    handler.addFilter(Sparing(LIBRARY_SAYS_AGAIN_S))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for name in LIBRARIES_AT_WARNING:
        logging.getLogger(name).setLevel(logging.WARNING)


def _renderers(form: Literal["json", "console"]) -> list[Processor]:
    if form == "console":
        return [structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())]
    # Without locals: a frame's variables hold plates.
    frames = structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
    return [structlog.processors.ExceptionRenderer(frames), structlog.processors.JSONRenderer()]
