"""The commands as a person runs them: real processes, a folder of their own, no service behind them."""

import json
from pathlib import Path

import pytest

from tests.e2e.commands import Run, json_of
from tests.services.postgres import Postgres

LIST = (
    "plate,force,colour,reason\r\n"
    "AB01 CDE,hertfordshire,BLUE,seen at Lilley Bottom\r\n"
    "ab01cde,herts,,the same again\r\n"
    "UNKNOWN,,,no plate\r\n"
    "AB50XYZ,norfolk,,=HYPERLINK(1)\r\n"
)
IMPORT = ("--owner-force", "herts", "--category", "hare_coursing", "--ends-at", "2099-01-31")


def test_registers_and_tokens(run: Run) -> None:
    """Cameras, units and tokens are made on an empty folder, shown once, listed without secrets."""
    camera = json_of(
        run(
            *("camera", "add", "CAM001", "--force", "herts", "--road", "A1081", "--lat", "51.8325"),
            *("--lon", "-0.3895", "--zone", "Europe/London", "--json"),
        )
    )
    assert (camera["camera_id"], camera["road"], camera["lon"]) == ("CAM001", "A1081", -0.3895)
    unit = json_of(run("unit", "add", "HERTS CH-32", "--force", "herts", "--json"))
    assert unit["callsign"] == "HERTS CH-32"
    words = ("token", "create", "--role", "analyst", "--force", "herts", "--name", "desk 4", "--json")
    analyst = json_of(run(*words))
    assert set(analyst) == {"token_id", "token", "role", "force"}
    listed = run("token", "list", "--json")
    assert {token["role"] for token in json_of(listed)} == {"camera", "patrol", "analyst"}
    assert not any(made["token"] in listed.stdout for made in (camera, unit, analyst))
    run("token", "revoke", analyst["token_id"])
    assert analyst["token_id"] not in run("token", "list").stdout


def test_import_previews_then_commits(run: Run, tmp_path: Path) -> None:
    """An import changes nothing until told to, then everything at once; again it finds nothing to do."""
    (tmp_path / "list.csv").write_text(LIST, newline="")
    counts = {"add": 2, "unchanged": 0, "duplicate": 1, "refused": 1}
    preview = json_of(run("watchlist", "import", "list.csv", *IMPORT, "--json"))
    assert {name: preview[name] for name in counts} == counts
    assert [(line["line"], line["result"]) for line in preview["lines"]] == [
        (2, "add"),
        (3, "duplicate"),
        (4, "refused"),
        (5, "add"),
    ]
    assert json_of(run("watchlist", "show", "--json")) == []
    run("watchlist", "import", "list.csv", *IMPORT, "--strict", "--apply", code=1)
    assert json_of(run("watchlist", "show", "--json")) == []
    applied = json_of(run("watchlist", "import", "list.csv", *IMPORT, "--apply", "--json"))
    assert applied["applied"]
    again = json_of(run("watchlist", "import", "list.csv", *IMPORT, "--apply", "--json"))
    assert {name: again[name] for name in counts} == {**counts, "add": 0, "unchanged": 2}


def test_export_round_trip(run: Run, tmp_path: Path) -> None:
    """What was exported is found unchanged when imported, and no spreadsheet runs it."""
    (tmp_path / "list.csv").write_text(LIST, newline="")
    run("watchlist", "import", "list.csv", *IMPORT, "--apply")
    run("watchlist", "export", "--output", "out.csv")
    assert "'=HYPERLINK(1)" in (tmp_path / "out.csv").read_text()
    assert (tmp_path / "out.csv").stat().st_mode & 0o077 == 0
    report = json_of(run("watchlist", "import", "out.csv", "--owner-force", "herts", "--json"))
    assert (report["unchanged"], report["add"], report["refused"]) == (2, 0, 0)


def test_life_of_an_entry(run: Run) -> None:
    """An entry is added, reviewed and withdrawn, its history says so, and the audit's chain holds."""
    words = ("--owner-force", "herts", "--category", "hare_coursing", "--reason", "seen at Lilley Bottom")
    added = json_of(run("watchlist", "add", "AB01 CDE", *words, "--ends-at", "2099-01-31", "--json"))
    entry_id = added["entry_id"]
    due = json_of(run("watchlist", "review", "--within-days", "40", "--json"))
    assert [entry["entry_id"] for entry in due] == [entry_id]
    reviewed = json_of(run("watchlist", "review", entry_id, "--next", "2098-01-01", "--json"))
    assert (reviewed["version"], reviewed["review_at"]) == (2, "2098-01-01T00:00:00Z")
    run("watchlist", "withdraw", entry_id, "--reason", "sold")
    run("watchlist", "withdraw", entry_id, "--reason", "again", code=1)
    shown = json_of(run("watchlist", "show", entry_id, "--json"))
    assert [act["act"] for act in shown["items"]] == ["created", "amended", "withdrawn"]
    assert json_of(run("audit", "verify", "--json")) == {"ok": True, "first_broken": None}
    records = [json.loads(line) for line in run("audit", "export").stdout.splitlines()]
    assert [record["number"] for record in records] == list(range(1, len(records) + 1))
    assert "AB01" not in json.dumps([record["subject"] for record in records])


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (("token", "create", "--role", "king", "--force", "herts", "--name", "x"), 2, "king"),
        (("token", "create", "--role", "camera", "--force", "herts", "--name", "x"), 2, "--all-cameras"),
        (("camera", "add", "CAM001", "--force", "herts", "--lat", "99"), 2, "--lat"),
        (("camera", "add", "CAM001", "--force", "surrey"), 1, "force: this force is not in the register"),
        (("watchlist", "import", "there-is-none.csv", *IMPORT), 2, "there-is-none.csv"),
        (("watchlist", "withdraw", "e-1", "--reason", "x"), 1, "there is no entry e-1"),
        (("token", "revoke", "t-1"), 1, "there is no such token"),
    ],
)
def test_bad_words(run: Run, words: tuple[str, ...], code: int, says: str) -> None:
    """What is wrong is said on standard error: 2 for how it was asked, 1 for what was asked about."""
    ended = run(*words, code=code)
    assert says in ended.stderr
    assert not ended.stdout


def test_database_away(run: Run) -> None:
    """A database that is away is one clear line, and a finding of the doctor with its mend."""
    env = {"ANPR_DATABASE__URL": "postgresql+asyncpg://anpr:pa55word@127.0.0.1:1/anpr"}
    ended = run("token", "list", code=1, env=env)
    assert ended.stderr.startswith("anpr-match: the database is away")
    assert ended.stderr.count("\n") == 1
    found = run("doctor", code=1, env=env).stdout
    assert "bad   database" in found
    assert "→ check ANPR_DATABASE__URL" in found
    assert "pa55word" not in ended.stderr + found


def test_doctor_on_an_empty_folder(run: Run) -> None:
    """Nothing is wrong with a machine on which nothing was done yet."""
    findings = {finding["check"]: finding["state"] for finding in json_of(run("doctor", "--json"))}
    assert findings["settings"] == findings["data folder"] == "ok"
    assert "bad" not in findings.values()


def test_postgresql_is_upgraded_by_its_operator(run: Run, postgres: Postgres) -> None:
    """On PostgreSQL commands ask for `db upgrade` first; it is done once, and then they work."""
    env = {"ANPR_DATABASE__URL": postgres.create("anpr_cli_upgrade", "template1")}
    assert "anpr-match db upgrade" in run("token", "list", code=1, env=env).stderr
    run("db", "check", code=1, env=env)
    assert run("db", "upgrade", env=env).stdout.startswith("from empty to ")
    run("db", "check", env=env)
    assert "already" in run("db", "upgrade", env=env).stdout
    words = ("token", "create", "--role", "operator", "--force", "kent", "--name", "ops", "--json")
    assert json_of(run(*words, env=env))["role"] == "operator"
    postgres.drop("anpr_cli_upgrade")


def test_plates(run: Run) -> None:
    """Plates are reported in the order given, with what they could be."""
    reports = json_of(run("plate", "ab12 cde", "AB12CD3", "!", "--json"))
    assert [report["vrm"] for report in reports] == ["AB12CDE", "AB12CD3", None]
    assert reports[0]["formats"][0]["format"] == "current"


def test_openapi(run: Run) -> None:
    """The description of the API is printed without a service."""
    description = json_of(run("openapi"))
    assert description["openapi"].startswith("3.1")
    assert "/v1/reads" in description["paths"]
