"""A real PostgreSQL server in a temporary folder."""

import contextlib
import os
import pwd
import re
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tests.services import loopback
from tests.services.server import Account, Server

# A crash of the server process loses nothing that the kernel was given, so tests may do without
# waiting for the disk; only a crash of the whole machine would tell the difference.
_FAST = ["-c", "fsync=off", "-c", "full_page_writes=off"]
_OLDEST = 15


class Postgres(Server):
    """A server with data of its own in a temporary folder, which `close` removes.

    `fsync=True` for measurements: then a commit waits for the disk, as in operation. `data` and `wal` are
    folders for its files and for its log of changes, when these are to lie elsewhere.
    """

    def __init__(self, *, fsync: bool = False, data: Path | None = None, wal: Path | None = None) -> None:
        super().__init__(
            "postgres", Path(tempfile.mkdtemp(prefix="anpr-postgres-")), loopback.free_port(), signal.SIGINT
        )
        self._bin = binaries()
        self._extra = [] if fsync else _FAST
        self._data = str((data or self.folder) / "data")
        # Segments of the least size, so that a small disk has room for some.
        elsewhere = ["-X", str(wal / "wal"), "--wal-segsize=1"] if wal else []
        # Without it no checkpoint comes by itself and frees the disk.
        self._wal = ["-c", "max_wal_size=1GB", "-c", "min_wal_size=2MB"] if wal else []
        # PostgreSQL refuses to run as root.
        self._account = _unprivileged() if os.geteuid() == 0 else None
        if self._account is not None:
            os.chown(self.folder, *self._account)
        who = ["-A", "trust", "-U", "anpr", "-E", "UTF8", "--locale=C", "--no-sync"]
        self._run("initdb", "-D", self._data, *elsewhere, *who)

    def account(self) -> Account | None:
        return self._account

    def command(self) -> Sequence[str]:
        where = ["-p", str(self.port), "-k", str(self.folder), "-c", "listen_addresses=127.0.0.1"]
        return [
            str(self._bin / "postgres"),
            "-D",
            self._data,
            *where,
            "-c",
            "max_connections=300",
            *self._extra,
            *self._wal,
        ]

    def ready(self) -> bool:
        return super().ready() and self._call("pg_isready", "-q", *self._at).returncode == 0

    def url(self, database: str) -> str:
        """The address of one database, as the service's settings take it."""
        return f"postgresql+asyncpg://anpr@127.0.0.1:{self.port}/{database}"

    def create(self, database: str, template: str = "template1") -> str:
        """Make a database as a copy of another (to which nobody may be connected); its address."""
        self._sql(f'CREATE DATABASE "{database}" TEMPLATE "{template}"')
        return self.url(database)

    def drop(self, database: str) -> None:
        """Remove a database and throw out whoever is still connected to it."""
        self._sql(f'DROP DATABASE IF EXISTS "{database}" WITH (FORCE)')

    def close(self) -> None:
        self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def _at(self) -> list[str]:
        return ["-h", "127.0.0.1", "-p", str(self.port), "-U", "anpr"]

    def told(self, database: str, statements: str) -> None:
        """Have one database do these statements."""
        self._run("psql", "-X", "-q", *self._at, "-d", database, "-c", statements)

    def _sql(self, statement: str) -> None:
        self.told("postgres", statement)

    def _run(self, program: str, *arguments: str) -> None:
        done = self._call(program, *arguments)
        if done.returncode != 0:
            raise loopback.NotThereError(f"{program} failed: {done.stdout.decode(errors='replace')[-2000:]}")

    def _call(self, program: str, *arguments: str) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            [str(self._bin / program), *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            cwd=self.folder,
            timeout=60,
            check=False,
            user=self._account and self._account.uid,
            group=self._account and self._account.gid,
            extra_groups=self._account and [],
        )


def binaries() -> Path:
    """The folder with the newest server programs: Debian's place first, then the PATH."""
    debian = [path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/postgres")]
    on_path = shutil.which("postgres")
    found = [
        *sorted(debian, key=_version, reverse=True),
        *([Path(on_path).resolve().parent] if on_path else []),
    ]
    for folder in found:
        if _version(folder) >= _OLDEST:
            return folder
    raise loopback.NotThereError(
        f"PostgreSQL {_OLDEST} or newer is missing; Debian's package postgresql has it"
    )


def _version(folder: Path) -> int:
    answer = subprocess.run(
        [str(folder / "postgres"), "--version"], capture_output=True, text=True, check=False
    )
    number = re.search(r"(\d+)", answer.stdout)
    return int(number.group(1)) if number else 0


def _unprivileged() -> Account:
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            found = pwd.getpwnam(name)
            return Account(found.pw_uid, found.pw_gid)
    raise loopback.NotThereError("PostgreSQL refuses root, and this machine has no user postgres or nobody")
