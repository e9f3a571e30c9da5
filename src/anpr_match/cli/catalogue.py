"""Which commands there are, in the words and the order of `anpr-match --help`.

The list stands by itself so that help costs no import: Typer alone takes a quarter of a second to load
on a small machine. `cli/app.py` hangs the commands up, and a test holds the two together.
"""

from dataclasses import dataclass

WIDTH = 14


@dataclass(frozen=True, slots=True)
class Section:
    """Commands that belong together, each with one line of help."""

    title: str
    commands: tuple[tuple[str, str], ...]


SECTIONS = (
    Section(
        "Run it",
        (
            ("demo", "The service with simulated cameras, to look at in a browser."),
            ("serve", "The service, until SIGTERM or Ctrl-C."),
            ("simulate", "Cameras that are not there: a story, or traffic at a rate."),
        ),
    ),
    Section(
        "Say who is who",
        (
            ("camera", "Cameras: register, list, try one at the door."),
            ("unit", "Patrol units: register, list."),
            ("token", "Who may call: make, list, revoke tokens."),
        ),
    ),
    Section(
        "Keep the list",
        (("watchlist", "Vehicles of interest: show, add, withdraw, review, import, export."),),
    ),
    Section(
        "Work on files, without a server",
        (
            ("replay", "Match a file of reads against a list, as the live matcher would."),
            ("learn", "Learn what cameras mistake for what."),
            ("evaluate", "Judge hits by the truth: what was found, what was false."),
            ("explain", "Why a read and a listed plate match or do not."),
            ("plate", "What a text is as a plate, and what it could be."),
        ),
    ),
    Section(
        "Look after it",
        (
            ("bench", "Measure it beside peers: match, pipeline, feed."),
            ("doctor", "What is wrong with this set-up, one line each, with the fix."),
            ("hits", "Hits: which nobody answered, how right they were, pairs to learn from."),
            ("db", "The tables of the database: upgrade, current, check; new-epoch after a restore."),
            ("dead-letters", "What could not be read: list, show, put back."),
            ("audit", "The record of acts on personal data: verify, export."),
            ("config", "The settings: what they are and where each comes from."),
            ("openapi", "The HTTP API as an OpenAPI 3.1 description."),
            ("asyncapi", "The feed and the topics as an AsyncAPI 3 description."),
            ("version", "Which version this is."),
        ),
    ),
)


def names() -> list[str]:
    """Every command, in the order of the help."""
    return [name for section in SECTIONS for name, _ in section.commands]


def line_of(command: str) -> str:
    """The one line of help of a command. Raises KeyError."""
    return {name: line for section in SECTIONS for name, line in section.commands}[command]


def help_text() -> str:
    """What `anpr-match --help` prints."""
    parts = [
        "Usage: anpr-match COMMAND [ARGS]…",
        "",
        "ANPR reads against a shared watchlist, and each hit to the patrol car that can act.",
    ]
    for section in SECTIONS:
        parts += ["", f"{section.title}:"]
        parts += [f"  {name.ljust(WIDTH)}{line}" for name, line in section.commands]
    parts += [
        "",
        "Each command tells more with --help. Settings are ANPR_… variables: see `anpr-match config sample`.",
        "Exit: 0 good, 1 the thing asked about is bad, 2 wrong usage.",
        "",
        "  --version              Print the version.",
        "  --install-completion   Teach your shell to complete the commands.",
        "  --help, -h             This.",
    ]
    return "\n".join(parts)
