"""`anpr-match openapi`."""

from anpr_match.cli import show


def openapi() -> None:
    from anpr_match.web import app

    show.as_json(app.description())
