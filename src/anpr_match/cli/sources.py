"""Where each setting comes from."""

import os
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from urllib.parse import urlsplit

from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo
from pydantic_settings import (
    DotEnvSettingsSource,
    EnvSettingsSource,
    SecretsSettingsSource,
    TomlConfigSettingsSource,
)

from anpr_match.cli.loaded import PREFIX, variable
from anpr_match.settings import Settings

HIDDEN = "********"
SECRETS_DIR = "ANPR_SECRETS_DIR"
"""Where settings lie as files: the one thing about them that is no setting."""

TOKENS = frozenset({"ANPR_TOKEN", "ANPR_SIMULATE__TOKEN", "ANPR_SIMULATE__ANALYST_TOKEN"})
"""Tokens that commands take from the environment, so that no list of processes shows them."""


@dataclass(frozen=True, slots=True)
class Explained:
    """A setting as it stands: `value` is fit to be shown, `source` is where it was found."""

    variable: str
    value: str | None
    source: str

    def as_dict(self) -> dict[str, str | None]:
        return asdict(self)


def explained(settings: Settings) -> list[Explained]:
    """Every setting in the order of the settings page."""
    found = _found()
    return [
        Explained(variable(path), shown(_at(settings, path)), _source(path, found)) for path, _ in fields()
    ]


def unknown() -> list[str]:
    """Variables of the environment that carry our prefix and fit no setting: misspelt, as a rule."""
    known = {SECRETS_DIR, *TOKENS}
    known |= {variable(path) for path, _ in fields()} | {variable(path[:1]) for path, _ in fields()}
    return sorted(n for n in os.environ if n.upper().startswith(PREFIX) and n.upper() not in known)


def fields() -> Iterator[tuple[tuple[str, str], FieldInfo]]:
    """Every setting as ((part, name), what is declared of it)."""
    for part, field in Settings.model_fields.items():
        declared = field.annotation
        if isinstance(declared, type) and issubclass(declared, BaseModel):
            for name, info in declared.model_fields.items():
                yield (part, name), info


def sample() -> str:
    """A .env in which every setting stands at its default, commented out."""
    lines = ["# Settings of anpr-match. Uncomment what you change; what is left out has the value shown."]
    part = ""
    for path, info in fields():
        if path[0] != part:
            part = path[0]
            lines.append("")
        lines.append(f"# {info.description}")
        lines.append(f"# {variable(path)}={shown(info.default) or ''}")
    return "\n".join(lines) + "\n"


def shown(value: object) -> str | None:
    """The value as text; of a secret, only what is no secret in it."""
    if value is None:
        return None
    if isinstance(value, SecretStr):
        return _url_shown(value.get_secret_value())
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return "[" + ",".join(f'"{v}"' for v in value) + "]"
    return str(value)


def _url_shown(secret: str) -> str:
    """A secret that is a URL without its password and query; of any other secret, nothing."""
    if "://" not in secret:
        return HIDDEN
    url = urlsplit(secret)
    user = f"{url.username}:{HIDDEN}@" if url.password else (f"{url.username}@" if url.username else "")
    place = (url.hostname or "") + (f":{url.port}" if url.port else "")
    return f"{url.scheme}://{user}{place}{url.path}" + (f"?{HIDDEN}" if url.query else "")


def _found() -> list[tuple[str, Mapping[str, object]]]:
    """What each source says, the strongest first: the order of `Settings`."""
    secrets_dir = os.environ.get(SECRETS_DIR)
    said: list[tuple[str, Mapping[str, object]]] = [("environment", EnvSettingsSource(Settings)())]
    if secrets_dir:
        said.append((f"secrets in {secrets_dir}", SecretsSettingsSource(Settings)()))
    said.append((".env", DotEnvSettingsSource(Settings)()))
    said.append(("anpr-match.toml", TomlConfigSettingsSource(Settings)()))
    return said


def _source(path: tuple[str, str], found: list[tuple[str, Mapping[str, object]]]) -> str:
    part, name = path
    for source, said in found:
        values = said.get(part)
        if isinstance(values, Mapping) and name in values:
            return source
        if isinstance(values, BaseModel) and name in values.model_fields_set:
            return source
    return "default"


def _at(settings: Settings, path: tuple[str, str]) -> object:
    part, name = path
    return getattr(getattr(settings, part), name)
