"""What is written down about running the service in containers is true of the code."""

import re
from typing import Any

import pytest
import typer.main
import yaml

from anpr_match.cli.app import app
from anpr_match.settings import Settings
from anpr_match.web.services import ROLES
from tests.house.tree import ROOT

VARIABLE = re.compile(r"\bANPR_[A-Z0-9_]+")
# Not a setting: where settings are read from.
SOURCES = {"ANPR_SECRETS_DIR"}

FILES = ["docker-compose.yml", "deploy/Dockerfile", "Makefile"]


def _compose() -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
    return content


def _ours() -> dict[str, list[str]]:
    """The services made of our image, each with its command."""
    services = _compose()["services"].items()
    return {name: service["command"] for name, service in services if service["image"] == "anpr-match"}


def _variables() -> set[str]:
    return {
        f"ANPR_{part}__{name}".upper()
        for part, field in Settings.model_fields.items()
        for name in getattr(field.annotation, "model_fields", {})
    }


def _options(words: list[str]) -> tuple[set[str], list[str]]:
    """The options of the command that the words name, and the words after its name."""
    command: Any = typer.main.get_command(app)
    while hasattr(command, "commands"):
        assert words[0] in command.commands, f"no command {words[0]}"
        command, words = command.commands[words[0]], words[1:]
    return {option for parameter in command.params for option in parameter.opts}, words


@pytest.mark.parametrize("name", sorted(_ours()))
def test_command_exists(name: str) -> None:
    """Each service of the compose file runs a command that there is, with options that it has."""
    known, rest = _options(_ours()[name])
    assert [word for word in rest if word.startswith("--") and word not in known] == []


def test_every_role_runs_once() -> None:
    """Together the services of the compose file have every role, and no role twice."""
    roles = [words[words.index("--roles") + 1].split(",") for words in _ours().values() if "--roles" in words]
    assert sorted(role for some in roles for role in some) == sorted(ROLES)


@pytest.mark.parametrize("file", FILES)
def test_every_variable_is_a_setting(file: str) -> None:
    """Every variable of ours in the deployment files is a setting that the service reads."""
    named = set(VARIABLE.findall((ROOT / file).read_text(encoding="utf-8")))
    assert named - SOURCES <= _variables()


def test_services_wait_for_what_they_need() -> None:
    """Nothing serves before the tables are there, and no table is made before the database is there."""
    services = _compose()["services"]
    assert services["migrate"]["depends_on"]["postgres"]["condition"] == "service_healthy"
    for name in ("api", "matcher"):
        assert services[name]["depends_on"]["migrate"]["condition"] == "service_completed_successfully"


def test_ports_are_open_to_this_machine_only() -> None:
    """No port of the compose file is open to the network, since its password is known to everybody."""
    ports = [port for service in _compose()["services"].values() for port in service.get("ports", [])]
    assert [port for port in ports if not port.startswith("127.0.0.1:")] == []


def test_what_is_mounted_is_there() -> None:
    """Every file and folder of ours that a container sees lies where the compose file says."""
    mounts = [mount for service in _compose()["services"].values() for mount in service.get("volumes", [])]
    ours = [mount.split(":")[0] for mount in mounts if mount.startswith(".")]
    assert ours
    assert [mount for mount in ours if not (ROOT / mount).exists()] == []


def test_prometheus_asks_every_process() -> None:
    """Prometheus reads the numbers of each service of the compose file that has the door open."""
    config = yaml.safe_load((ROOT / "deploy" / "prometheus" / "prometheus.yml").read_text(encoding="utf-8"))
    (job,) = config["scrape_configs"]
    names = job["dns_sd_configs"][0]["names"]
    assert sorted(names) == sorted(name for name, words in _ours().items() if words[0] == "serve")


def test_image_is_not_root() -> None:
    """The image runs as a numbered user that is not root, and its health check needs no further program."""
    text = (ROOT / "deploy" / "Dockerfile").read_text(encoding="utf-8")
    assert re.findall(r"^USER (.+)$", text, re.MULTILINE) == ["10001:10001"]
    assert "curl" not in text


def test_image_gets_all_it_copies() -> None:
    """What the Dockerfile copies is not left out by .dockerignore."""
    copied = re.findall(
        r"^COPY (?!--from)(.+) \S+$", (ROOT / "deploy" / "Dockerfile").read_text(), re.MULTILINE
    )
    wanted = {name for line in copied for name in line.split()}
    kept = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    assert wanted == kept


def test_brokers_are_of_one_release() -> None:
    """The broker of the compose file is the one that the tests run against."""
    (tested,) = re.findall(r"<version>(\d+\.\d+\.\d+)</version>\s*</dependency>\s*<dependency>", _pom())
    assert _compose()["services"]["kafka"]["image"] == f"apache/kafka:{tested}"


def _pom() -> str:
    return (ROOT / "deploy" / "kafka" / "pom.xml").read_text(encoding="utf-8")
