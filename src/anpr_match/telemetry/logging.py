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
