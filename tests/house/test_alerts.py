"""Alerts and dashboard ask for numbers that there are, fire when they should, and lead to the runbook."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from anpr_match.telemetry.metrics import Metrics
from tests.house.tree import ROOT

RULES = ROOT / "deploy" / "prometheus" / "alerts.yml"
RULE_TESTS = ROOT / "deploy" / "prometheus" / "alerts_test.yml"
DASHBOARD = ROOT / "deploy" / "grafana" / "anpr-match.json"
RUNBOOK = ROOT / "docs" / "runbook.md"

ROWS = ["Is it safe", "Reads", "Matching", "Hits and delivery", "Watchlist", "Faults"]
SELECTOR = re.compile(r"\b(anpr_\w+|up)\b(?:\{([^}]*)\})?")
GROUPED = re.compile(r"\bby \(([^)]*)\)")
MATCHER = re.compile(r"(\w+)\s*[=!]~?")
BY_PROMETHEUS = {"instance", "job"}


def alerts() -> list[dict[str, Any]]:
    groups = yaml.safe_load(RULES.read_text(encoding="utf-8"))["groups"]
    return [rule for group in groups for rule in group["rules"]]


def panels() -> list[dict[str, Any]]:
    shown: list[dict[str, Any]] = json.loads(DASHBOARD.read_text(encoding="utf-8"))["panels"]
    return shown


def queries() -> list[str]:
    """Every expression of the alerts and of the dashboard."""
    shown = [target["expr"] for panel in panels() for target in panel.get("targets", [])]
    return [rule["expr"] for rule in alerts()] + shown


def catalogue() -> dict[str, set[str]]:
    """Each series that a process shows, with its labels."""
    made: dict[str, set[str]] = {"up": set()}
    metrics = Metrics("0")
    labels = {
        metric._name: set(metric._labelnames) for metric in vars(metrics).values() if hasattr(metric, "_name")
    }
    for family in metrics.registry.collect():
        own = labels[family.name]
        if family.type == "histogram":
            made |= {f"{family.name}_{part}": own for part in ("count", "sum")}
            made[f"{family.name}_bucket"] = own | {"le"}
        else:
            made[family.name + ("_total" if family.type == "counter" else "")] = own
    return made


def unknown_in(query: str) -> Iterator[str]:
    """What the query names that no process shows: series, and labels of them."""
    known = catalogue()
    seen = set(BY_PROMETHEUS)
    for name, matchers in SELECTOR.findall(query):
        if name not in known:
            yield name
            continue
        seen |= known[name]
        yield from (
            f"{name}{{{label}}}"
            for label in MATCHER.findall(matchers)
            if label not in known[name] | BY_PROMETHEUS
        )
    for group in GROUPED.findall(query):
        yield from (label.strip() for label in group.split(",") if label.strip() not in seen)


@pytest.mark.parametrize("query", queries())
def test_query_asks_for_what_there_is(query: str) -> None:
    """Every query asks for a metric of the catalogue, and uses labels that it has."""
    assert SELECTOR.search(query)
    assert list(unknown_in(query)) == []


def test_what_is_unknown_is_found() -> None:
    """A metric and labels that are not there are noticed."""
    assert list(unknown_in('sum by (plate) (anpr_hits_total{tier="exact",colour="red"})')) == [
        "anpr_hits_total{colour}",
        "plate",
    ]
    assert list(unknown_in("rate(anpr_hits[5m])")) == ["anpr_hits"]


def test_every_alert_is_tried_both_ways() -> None:
    """For every alert there is a test in which it fires, and one in which it does not."""
    tried = {
        (one["alertname"], bool(one["exp_alerts"]))
        for test in yaml.safe_load(RULE_TESTS.read_text(encoding="utf-8"))["tests"]
        for one in test["alert_rule_test"]
    }
    assert tried == {(rule["alert"], fires) for rule in alerts() for fires in (True, False)}


@pytest.mark.parametrize("rule", alerts(), ids=lambda rule: str(rule["alert"]))
def test_alert_says_what_and_where(rule: dict[str, Any]) -> None:
    """Each alert has a severity, says in words what is wrong, and names its section of the runbook."""
    assert rule["labels"]["severity"] in {"critical", "warning"}
    assert set(rule["annotations"]) == {"summary", "description", "runbook_url"}
    assert rule["annotations"]["runbook_url"] == f"docs/runbook.md#{rule['alert'].lower()}"


def test_every_alert_has_its_section_and_no_other() -> None:
    """The runbook has one section for each alert, and none for an alert that is no more."""
    headings = re.findall(r"^### (Anpr\w+)$", RUNBOOK.read_text(encoding="utf-8"), re.MULTILINE)
    assert headings == [rule["alert"] for rule in alerts()]


def test_every_section_says_what_to_do() -> None:
    """Each section says what the alert means on the road, how to see it, what to do, and whom to wake."""
    text = RUNBOOK.read_text(encoding="utf-8")
    for section in re.split(r"^##+ ", text, flags=re.MULTILINE):
        if section.startswith("Anpr"):
            for part in ("**On the road.**", "**See.**", "**Do.**", "**Wake.**"):
                assert part in section, section.splitlines()[0]


def test_dashboard_has_its_rows() -> None:
    """The dashboard answers first whether it is safe; each panel has a number and a title."""
    assert [panel["title"] for panel in panels() if panel["type"] == "row"] == ROWS
    assert len({panel["id"] for panel in panels()}) == len(panels())
    assert [panel["title"] for panel in panels() if not panel["title"]] == []
