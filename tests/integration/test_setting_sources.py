"""Where each setting comes from: environment, files and options together; and that no secret is shown."""

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
    assert list(explained) == [loaded.variable(path) for path, _ in sources.fields()]
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
