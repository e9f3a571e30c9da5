"""Where each setting comes from: environment, files and options together; and that no secret is shown."""

import json
from pathlib import Path

import pytest
from pydantic import SecretStr

from anpr_match.cli import loaded, sources
from anpr_match.domain import errors


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A working directory without settings files."""
    monkeypatch.chdir(tmp_path)


def found() -> dict[str, sources.Explained]:
    return {value.variable: value for value in sources.explained(loaded.settings())}


def test_sources_in_their_order(monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment comes before .env, .env before the TOML file, and that before the default."""
    Path("anpr-match.toml").write_text('[http]\nhost = "toml"\nport = 1\nbody_bytes_max = 3000\n')
    Path(".env").write_text("ANPR_HTTP__HOST=dotenv\nANPR_HTTP__PORT=2\n")
    monkeypatch.setenv("ANPR_HTTP__PORT", "3")
    values = found()
    assert (values["ANPR_HTTP__PORT"].value, values["ANPR_HTTP__PORT"].source) == ("3", "environment")
    assert (values["ANPR_HTTP__HOST"].value, values["ANPR_HTTP__HOST"].source) == ("dotenv", ".env")
    body = values["ANPR_HTTP__BODY_BYTES_MAX"]
    assert (body.value, body.source) == ("3000", "anpr-match.toml")
    assert values["ANPR_LOG__LEVEL"].source == "default"


def test_every_setting_is_explained() -> None:
    """Every setting has a line, and a sentence on what it does."""
    explained = found()
    settings = [path for path, _ in sources.fields() if sources.NAME not in path]
    assert list(explained) == [loaded.variable(path) for path in settings]
    assert all(info.description for _, info in sources.fields())


def test_password_is_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of the database's address everything but its secrets is shown."""
    monkeypatch.setenv("ANPR_DATABASE__URL", "postgresql+asyncpg://anpr:pa55word@db:5432/anpr?ssl=pa55word")
    shown = found()["ANPR_DATABASE__URL"].value
    assert shown == "postgresql+asyncpg://anpr:********@db:5432/anpr?********"


@pytest.mark.parametrize("secret", ["correct horse", "base64:AAAA", "https:/odd"])
def test_other_secrets_are_hidden(secret: str) -> None:
    """Of a secret that is no address nothing is shown."""
    assert sources.shown(SecretStr(secret)) == sources.HIDDEN


def test_wrong_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    """A setting that is wrong is named by its variable."""
    monkeypatch.setenv("ANPR_HTTP__PORT", "eighty")
    with pytest.raises(errors.SetUp, match="ANPR_HTTP__PORT: Input should be a valid integer"):
        loaded.settings()


def test_misspelt_part(monkeypatch: pytest.MonkeyPatch) -> None:
    """A variable with our prefix that fits no setting is named."""
    monkeypatch.setenv("ANPR_KAKFA__BOOTSTRAP", "localhost:9092")
    monkeypatch.setenv("ANPR_KAFKA__BOOTSTRAP", "localhost:9092")
    assert sources.unknown() == ["ANPR_KAKFA__BOOTSTRAP"]


def test_options_come_first(monkeypatch: pytest.MonkeyPatch) -> None:
    """An option of the command line comes before the environment and leaves the rest as it is."""
    monkeypatch.setenv("ANPR_HTTP__PORT", "3")
    monkeypatch.setenv("ANPR_HTTP__HOST", "192.0.2.1")
    http = loaded.settings(port=4, host=None).http
    assert (http.port, http.host) == (4, "192.0.2.1")


def test_sample_is_a_dotenv(monkeypatch: pytest.MonkeyPatch) -> None:
    """The sample, uncommented, is a .env that sets every setting to its default."""
    default = found()
    lines = sources.sample().splitlines()
    Path(".env").write_text(
        "\n".join(line[2:] for line in lines if line.startswith("# ANPR_") and line[-1] != "=")
    )
    assert {k: v.value for k, v in found().items()} == {k: v.value for k, v in default.items()}


def test_webhooks_bear_names(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each of several webhooks is set by its name, from any source, and explained without its secret."""
    Path("anpr-match.toml").write_text(
        '[webhooks.desk]\nurl = "https://desk.example.org/in?key=abc"\nanswer_s = 3\n'
    )
    monkeypatch.setenv("ANPR_WEBHOOKS__DESK__SECRET", "whsec_abc")
    monkeypatch.setenv("ANPR_WEBHOOKS__PRESS_2__ALLOWED_NETWORKS", '["10.1.0.0/16"]')
    monkeypatch.setenv("ANPR_WEBHOOKS__PRESS_2__URL", "https://press.example.org/")
    hooks = loaded.settings().webhooks
    assert sorted(hooks) == ["desk", "press_2"]
    assert hooks["press_2"].allowed_networks == ("10.1.0.0/16",)
    values = found()
    url, secret = values["ANPR_WEBHOOKS__DESK__URL"], values["ANPR_WEBHOOKS__DESK__SECRET"]
    assert (url.value, url.source) == ("https://desk.example.org/in?********", "anpr-match.toml")
    assert (secret.value, secret.source) == (sources.HIDDEN, "environment")
    assert values["ANPR_WEBHOOKS__DESK__FORCE"].source == "default"
    assert sources.unknown() == []


@pytest.mark.parametrize(
    ("variable", "value", "told"),
    [
        ("ANPR_WEBHOOKS__DESK__URI", "https://e.org/", "ANPR_WEBHOOKS__DESK__URI: Extra inputs"),
        ("ANPR_WEBHOOKS__DESK__ANSWER_S", "0", "ANPR_WEBHOOKS__DESK__ANSWER_S: Input should be greater"),
        ("ANPR_WEBHOOKS", '{"De sk": {}}', "String should match pattern"),
        ("ANPR_WEBHOOKS", json.dumps({"a" * 40: {}}), "at most 30 characters"),
        ("ANPR_WEBHOOKS", json.dumps({f"w{n}": {} for n in range(21)}), "at most 20 items"),
    ],
)
def test_wrong_webhooks(monkeypatch: pytest.MonkeyPatch, variable: str, value: str, told: str) -> None:
    """A webhook that cannot be meant is refused with the setting that is wrong, and what is wrong with it."""
    monkeypatch.setenv(variable, value)
    with pytest.raises(errors.SetUp, match=told):
        loaded.settings()


def test_a_misspelt_webhook_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """A variable that would be a setting of no webhook is not taken for one."""
    monkeypatch.setenv("ANPR_WEBHOOK__DESK__URL", "https://e.org/")
    assert sources.unknown() == ["ANPR_WEBHOOK__DESK__URL"]
