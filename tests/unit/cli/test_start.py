"""Where the command line starts and ends."""

import sys

import pytest

from anpr_match import __version__
from anpr_match.cli import catalogue, main, start
from anpr_match.cli.app import app
from anpr_match.domain import errors


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    """The exit code of the command line with these arguments."""
    monkeypatch.setattr(sys, "argv", ["anpr-match", *arguments])
    with pytest.raises(SystemExit) as exited:
        main()
    return int(exited.value.code or 0)


@pytest.mark.parametrize("argument", ["--help", "-h"])
def test_help(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], argument: str) -> None:
    """Help names every command and is a success."""
    assert run(monkeypatch, argument) == 0
    printed = capsys.readouterr().out
    assert all(f"  {name} " in printed for name in catalogue.names())


def test_nothing_asked(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """No command at all is wrong usage, answered with the help."""
    assert run(monkeypatch) == 2
    assert "Usage: anpr-match COMMAND" in capsys.readouterr().out


def test_version(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """The version is printed alone."""
    assert run(monkeypatch, "--version") == 0
    assert capsys.readouterr().out.strip() == __version__


def test_unknown_command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """A command that there is not is wrong usage, said on standard error."""
    assert run(monkeypatch, "watch-list") == 2
    captured = capsys.readouterr()
    assert "No such command 'watch-list'" in captured.err
    assert not captured.out


@pytest.mark.parametrize(
    ("raised", "line"),
    [
        (errors.SetUp("the port is taken"), "anpr-match: the port is taken"),
        (errors.Unavailable(), "anpr-match: A part that is needed is away for now."),
        (
            errors.Refused([errors.Problem("/ends_at", "past", "it is over")]),
            "anpr-match: ends_at: it is over",
        ),
        (FileNotFoundError(2, "No such file or directory", "list.csv"), "anpr-match: list.csv: No such file"),
    ],
)
def test_errors_are_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], raised: Exception, line: str
) -> None:
    """What goes wrong is one line on standard error and exit 1, without a traceback."""

    def fail(**_: object) -> None:
        raise raised

    monkeypatch.setattr("anpr_match.cli.app.app", fail)
    assert start.run() == 1
    printed = capsys.readouterr().err
    assert printed.startswith(line)
    assert printed.count("\n") == 1


def test_interrupted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C ends a command as shells expect it."""

    def interrupt(**_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("anpr_match.cli.app.app", interrupt)
    assert start.run() == 130


def test_catalogue_is_true() -> None:
    """The commands of the help are the commands that there are, in the same words."""
    there = {command.name: command.short_help for command in app.registered_commands}
    there |= {group.name: group.help for group in app.registered_groups}
    assert there == {name: catalogue.line_of(name) for name in catalogue.names()}


def test_help_fits_a_terminal() -> None:
    """No line of the help is longer than a hundred columns."""
    assert max(len(line) for line in catalogue.help_text().splitlines()) <= 100
