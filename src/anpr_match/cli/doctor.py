"""`anpr-match doctor`: what is wrong with this machine's set-up, and how to mend it."""

from dataclasses import asdict

import typer

from anpr_match.cli import show


def doctor(json: show.Json = False) -> None:
    from anpr_match.cli import diagnosis

    findings = diagnosis.findings()
    if json:
        show.as_json([asdict(finding) for finding in findings])
    else:
        width = max(len(finding.check) for finding in findings)
        for finding in findings:
            mend = f"  → {finding.mend}" if finding.mend else ""
            print(f"{finding.state.ljust(4)}  {finding.check.ljust(width)}  {finding.detail}{mend}")
    if any(finding.state == "bad" for finding in findings):
        raise typer.Exit(1)
