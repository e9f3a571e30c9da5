"""Where each setting comes from."""

import os
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import get_args, get_origin
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
NAME = "NAME"
"""Stands in a path for the name that whoever sets it gives."""
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
    """Every setting in the order of the settings page; of parts that bear a name, those that there are."""
    found = _found()
    return [
        Explained(variable(path), shown(_at(settings, path)), _source(path, found))
        for part, declared in parts()
        for named in _named(part, settings)
        for path in ((*named, name) for name in declared.model_fields)
    ]


def unknown() -> list[str]:
    """Variables of the environment that carry our prefix and fit no setting: misspelt, as a rule."""
    known = [path[:length] for path, _ in fields() for length in range(1, len(path) + 1)]
    ours = (n for n in os.environ if n.upper().startswith(PREFIX) and n.upper() not in {SECRETS_DIR, *TOKENS})
    return sorted(n for n in ours if not any(_is_of(n, path) for path in known))


def _is_of(name: str, path: tuple[str, ...]) -> bool:
    words = name.upper().removeprefix(PREFIX).split("__")
    return len(words) == len(path) and all(
        wanted in (NAME, word.lower()) for word, wanted in zip(words, path, strict=True)
    )


def parts() -> Iterator[tuple[tuple[str, ...], type[BaseModel]]]:
    """Every part with its path; one that there may be several of stands once, as the one called `NAME`."""
    for part, field in Settings.model_fields.items():
        declared = field.annotation
        if isinstance(declared, type) and issubclass(declared, BaseModel):
            yield (part,), declared
        elif get_origin(declared) is dict:
            yield (part, NAME), get_args(declared)[1]


def fields() -> Iterator[tuple[tuple[str, ...], FieldInfo]]:
    """Every setting as ((part, name), what is declared of it)."""
    for part, declared in parts():
        for name, info in declared.model_fields.items():
            yield (*part, name), info


def _named(part: tuple[str, ...], settings: Settings) -> list[tuple[str, ...]]:
    """A part itself; of several, each by the name that it was given."""
    return [(part[0], name) for name in getattr(settings, part[0])] if NAME in part else [part]


def sample() -> str:
    """A .env in which every setting stands at its default, commented out."""
    lines = ["# Settings of anpr-match. Uncomment what you change; what is left out has the value shown."]
    for part, declared in parts():
        lines.append("")
        if NAME in part:
            one = next(iter(declared.model_fields))
            lines.append(f"# There may be more, each with a name: {variable((*part, one))}")
            continue
        for name, info in declared.model_fields.items():
            lines.append(f"# {info.description}")
            lines.append(f"# {variable((*part, name))}={shown(info.default) or ''}")
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


def _source(path: tuple[str, ...], found: list[tuple[str, Mapping[str, object]]]) -> str:
    *part, name = path
    for source, said in found:
        values: object = said
        for word in part:
            values = values.get(word) if isinstance(values, Mapping) else None
        if isinstance(values, Mapping) and name in values:
            return source
        if isinstance(values, BaseModel) and name in values.model_fields_set:
            return source
    return "default"


def _at(settings: Settings, path: tuple[str, ...]) -> object:
    found: object = settings
    for word in path:
        found = found[word] if isinstance(found, dict) else getattr(found, word)
    return found
