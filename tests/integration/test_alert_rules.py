"""Prometheus itself judges the alert rules and the dashboard's queries.

That they name metrics which there are, and that each alert is tried, is held without it: see
tests/house/test_alerts.py.
"""

import json
from pathlib import Path

from tests.house.test_alerts import RULE_TESTS, RULES, queries
from tests.services import promtool


def test_rules_and_queries_are_well_formed(tmp_path: Path) -> None:
    """Prometheus itself takes the rules, and every query of the dashboard."""
    promtool.run("check", "config", RULES.with_name("prometheus.yml"))
    rules = [{"record": f"panel:{n}", "expr": query} for n, query in enumerate(queries())]
    file = tmp_path / "queries.yml"
    file.write_text(json.dumps({"groups": [{"name": "queries", "rules": rules}]}), encoding="utf-8")
    promtool.run("check", "rules", file)


def test_alerts_fire_when_they_should() -> None:
    """Prometheus' own tests of the rules pass: each fires on its trouble and is quiet without."""
    assert "SUCCESS" in promtool.run("test", "rules", RULE_TESTS)
