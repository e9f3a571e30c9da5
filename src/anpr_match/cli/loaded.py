"""The settings of this command, or one clear sentence on what is wrong with them."""

from pydantic import ValidationError
from pydantic_settings import SettingsError

from anpr_match.domain import errors
from anpr_match.settings import Settings

PREFIX = "ANPR_"


def settings(**http: str | int | None) -> Settings:
    """What the environment and the files say; options of the command line that are given come before
    both. Raises `SetUp` naming the settings that are wrong."""
    given = {name: value for name, value in http.items() if value is not None}
    try:
        return Settings(http=given) if given else Settings()  # type: ignore[arg-type]  # pydantic makes Http of it
    except ValidationError as error:
        wrong = "; ".join(f"{variable(e['loc'])}: {e['msg']}" for e in error.errors())
        raise errors.SetUp(wrong) from error
    except SettingsError as error:
        raise errors.SetUp(str(error)) from error


def variable(path: tuple[int | str, ...]) -> str:
    """The environment variable of a setting, for example ANPR_HTTP__PORT."""
    return PREFIX + "__".join(str(part).upper() for part in path)
