"""`anpr-match plate`."""

from typing import Annotated, Any

import typer

from anpr_match.cli import show


def plate(
    texts: Annotated[list[str], typer.Argument(metavar="TEXT…", help="Plates as somebody wrote them.")],
    json: show.Json = False,
) -> None:
    """What a text is as a plate, and what it could be.

    Its comparable form, the formats that it fits as issued, and what fits one when characters that look
    alike are exchanged. Exit 1 if none of the texts can be a plate.
    """
    from datetime import UTC, datetime

    from anpr_match.matching import plate_report

    reports = plate_report.reports(texts, datetime.now(UTC).date())
    if json:
        show.as_json(reports)
    else:
        for report in reports:
            _print(report)
    if all(report["vrm"] is None for report in reports):
        raise typer.Exit(1)


def _print(report: dict[str, Any]) -> None:
    if report["vrm"] is None:
        print(f"{report['text']}: no plate: {report['reason']}")
        return
    formats = ", ".join(_in_words(found) for found in report["formats"]) or "no format known here"
    print(f"{report['text']}: {report['vrm']}: {formats}")
    others = [reading for reading in report["readings"] if reading != report["vrm"]]
    if others:
        print(f"  could be {', '.join(others)}")


def _in_words(found: dict[str, Any]) -> str:
    name = str(found["format"]).replace("_", " ")
    return f"{name} ({found['country']})" if found.get("country") else name
