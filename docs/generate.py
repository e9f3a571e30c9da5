"""Writes the reference pages from the code: `python docs/generate.py`. A test holds that they are current.

Each page is a function without arguments that returns its text.
"""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import typer
import typer.main
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined
from typer.core import TyperCommand, TyperGroup

import anpr_match
from anpr_match.cli import catalogue, loaded, sources
from anpr_match.cli.app import app
from anpr_match.cli.asyncapi import DEFAULT_HITS_TOPIC
from anpr_match.domain import errors as domain_errors
from anpr_match.settings import Settings
from anpr_match.telemetry.metrics import Metrics
from anpr_match.web import errors as web_errors
from anpr_match.wire import asyncapi as described
from anpr_match.wire.feed import Close

FOLDER = Path(__file__).parent / "reference"
WIDTH = 100

CLOSES = {
    Close.BAD_FRAME: (
        "A frame that is none of the protocol's.",
        "Mend the client; the same frame fails again.",
    ),
    Close.RESTARTING: (
        "The service stops or restarts.",
        "Come back after a pause between 0 and 15 s, taken at random, and resume.",
    ),
    Close.TRY_LATER: (
        "There are too many connections, of this token or in all.",
        "Come back after a pause that grows, and resume.",
    ),
    Close.NOT_ALLOWED: (
        "No good token or ticket: none in time, unknown, revoked, or the unit is off shift.",
        "Sign in again, or begin a shift; do not repeat as it is.",
    ),
    Close.FORBIDDEN: (
        "The token is good, its role may not have the feed.",
        "Use a patrol unit's or an analyst's.",
    ),
    Close.TOO_SLOW: ("Frames were not taken in time.", "Come back and resume: nothing is lost."),
    Close.REPLACED: (
        "A newer connection of the same device took this one's place.",
        "Do nothing: the newer one goes on.",
    ),
}


def settings() -> str:
    """The page of settings."""
    lines = [
        "# Settings",
        "",
        "Sources, the first wins: environment variables, the folder that `ANPR_SECRETS_DIR` names (one",
        "file a setting), `.env`, `anpr-match.toml` (one table a part), the defaults here. The unit stands",
        "last in a name: `_s` seconds, `_h` hours, `_max` a bound. `anpr-match config show` names the",
        "source of each value, and `anpr-match config sample` prints a `.env` to start from.",
    ]
    for part, declared in sources.parts():
        if sources.NAME in part:
            # Its settings are those of the part that it is a further one of.
            continue
        lines += [
            "",
            f"## {part[0]}",
            "",
            _paragraph(declared),
            "",
            "| Variable | Default | |",
            "|---|---|---|",
        ]
        lines += [_setting((*part, name), info) for name, info in declared.model_fields.items()]
    return _page(lines)


def _setting(path: tuple[str, ...], info: FieldInfo) -> str:
    default = None if info.default is PydanticUndefined else sources.shown(info.default)
    shown = f"`{default}`" if default is not None else "unset"
    return f"| `{loaded.variable(path)}` | {shown} | {_cell(info.description or '')} |"


def metrics() -> str:
    """The page of metrics."""
    lines = [
        "# Metrics",
        "",
        "At `/metrics`, in Prometheus' text format. Times are seconds. No plate, person or token is ever",
        "a label.",
        "",
        "| Metric | Kind | Labels | |",
        "|---|---|---|---|",
    ]
    made = Metrics("0")
    for collector in sorted(made.registry.collect(), key=lambda c: c.name):
        kind = collector.type
        name = collector.name + ("_total" if kind == "counter" else "")
        labels = ", ".join(f"`{label}`" for label in _labels(made, collector.name))
        lines.append(f"| `{name}` | {kind} | {labels} | {_cell(collector.documentation)} |")
    return _page(lines)


def errors() -> str:
    """The page of errors."""
    lines = [
        "# Errors",
        "",
        "Every error over HTTP is `application/problem+json` (RFC 9457). `type` is",
        "`urn:anpr-match:problem:` and a stable code; `errors` names each thing that is wrong with a JSON",
        "pointer, a code and a sentence:",
        "",
        "```json",
        '{"type": "urn:anpr-match:problem:refused", "title": "Unprocessable Content", "status": 422,',
        ' "detail": "what was sent breaks a rule",',
        ' "errors": [{"pointer": "/ends_at", "code": "past", "detail": "the end must lie in the future"}]}',
        "```",
        "",
        "| Status | Code | When |",
        "|---|---|---|",
    ]
    rows: dict[tuple[int, str], str] = {}
    for kind, answer in web_errors.TABLE.items():
        # The general class stands below the special ones, and its sentence is the one for all of them.
        rows[answer.status, answer.code] = _paragraph(kind)
    rows |= {
        (status, code): _FRAMEWORK[code] for status, code in web_errors.CODES.items() if code in _FRAMEWORK
    }
    lines += [f"| {status} | `{code}` | {_cell(when)} |" for (status, code), when in sorted(rows.items())]
    lines += [
        "",
        "A 503 carries `Retry-After`. A 500 carries an `instance` that finds the log line; what went wrong",
        "inside is not shown. The command line prints the same sentences on standard error and exits with 1.",
        "",
        "## In the code",
        "",
        "```",
        *_tree(domain_errors.AnprMatchError, 0),
        "```",
    ]
    return _page(lines)


_FRAMEWORK = {
    "bad_request": "The request is not well formed.",
    "not_signed_in": "No token came, or it is not good.",
    "not_found": "There is no such thing, or not for you.",
    "method_not_allowed": "The path is right, the method is not.",
    "too_slow": "The body did not come within `ANPR_HTTP__BODY_S`.",
    "too_large": "The body is longer than `ANPR_HTTP__BODY_BYTES_MAX`, or holds too many reads.",
    "media_type": "The body is not declared as JSON.",
    "precondition_required": "A change must say with `If-Match` which version was read.",
}


def close_codes() -> str:
    """The page of close codes."""
    lines = [
        "# Close codes of the feed",
        "",
        "What the server says when it closes a websocket, and what the client does next. A client that",
        "resumes with its position misses nothing, whatever the code.",
        "",
        "| Code | Name | Why | Then |",
        "|---|---|---|---|",
    ]
    lines += [
        f"| {int(code)} | `{code.name.lower()}` | {CLOSES[code][0]} | {CLOSES[code][1]} |" for code in Close
    ]
    return _page(lines)


def cli() -> str:
    """The page of commands."""
    lines = [
        "# Commands",
        "",
        "Data goes to standard output, words about it to standard error; `--json` prints one JSON value.",
        "Exit: 0 good, 1 the thing asked about is bad, 2 wrong usage. Colour and progress only on a",
        "terminal, and no colour with `NO_COLOR`.",
        "",
        "```",
        catalogue.help_text(),
        "```",
    ]
    root = typer.main.get_command(app)
    for name, text in _helps(root, ("anpr-match",)):
        lines += ["", f"## {name.removeprefix('anpr-match ')}", "", "```", text, "```"]
    return _page(lines)


def asyncapi() -> str:
    """The feed and the topics, for tools."""
    kafka = Settings.model_fields["kafka"].default
    topics = {"reads": kafka.reads_topic, "dlq": kafka.dead_letters_topic, "hits": DEFAULT_HITS_TOPIC}
    return json.dumps(described.document(anpr_match.__version__, topics), indent=2) + "\n"


PAGES: dict[str, Callable[[], str]] = {
    "settings.md": settings,
    "metrics.md": metrics,
    "errors.md": errors,
    "close-codes.md": close_codes,
    "cli.md": cli,
    "asyncapi.json": asyncapi,
}


def main() -> None:
    """Write every page."""
    FOLDER.mkdir(exist_ok=True)
    for name, page in PAGES.items():
        (FOLDER / name).write_text(page(), encoding="utf-8")
        print(f"docs/reference/{name}")


def _page(lines: list[str]) -> str:
    return "\n".join(lines).rstrip() + "\n"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def _paragraph(kind: type) -> str:
    """The first paragraph of its docstring."""
    return " ".join((kind.__doc__ or "").strip().split("\n\n")[0].split())


def _labels(made: Metrics, name: str) -> tuple[str, ...]:
    """The labels of a metric, which prometheus_client shows only once it has a value."""
    named = (metric for metric in vars(made).values() if getattr(metric, "_name", None) == name)
    return next((tuple(metric._labelnames) for metric in named), ())


def _tree(kind: type[object], depth: int) -> Iterator[str]:
    yield f"{'  ' * depth}{kind.__name__}: {_paragraph(kind)}"
    for child in kind.__subclasses__():
        yield from _tree(child, depth + 1)


def _helps(command: object, path: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """Every command under this one with the text of its help, in the order of the help."""
    if isinstance(command, TyperGroup):
        for name, child in command.commands.items():
            yield from _helps(child, (*path, name))
    elif isinstance(command, TyperCommand):
        context = typer.Context(
            command, info_name=" ".join(path), max_content_width=WIDTH, terminal_width=WIDTH
        )
        yield " ".join(path), command.get_help(context)


if __name__ == "__main__":
    main()
