"""A real Apache Kafka broker: one KRaft node from Maven's jars."""

import base64
import fcntl
import shutil
import signal
import string
import subprocess
import tempfile
import uuid
from collections.abc import Sequence
from pathlib import Path

from tests.services import loopback
from tests.services.server import Server

CHECKOUT = Path(__file__).resolve().parents[2]
CONFIG = CHECKOUT / "deploy" / "kafka"
CACHE = CHECKOUT / ".services"


class Kafka(Server):
    """A broker with data of its own in a temporary folder, which `close` removes.

    `optimise=True` for measurements: slower to start, faster once warm, as in operation.
    """

    def __init__(self, *, optimise: bool = False) -> None:
        super().__init__(
            "kafka", Path(tempfile.mkdtemp(prefix="anpr-kafka-")), loopback.free_port(), signal.SIGTERM
        )
        self.sasl_port = loopback.free_port()
        """Where it asks for a name and a password: `anpr`, `for-tests-only`."""
        self._java = _program("java", "openjdk-17-jre-headless")
        self._jars = jars()
        # A small heap and the plain collector: tests share two cores with what they test. The first
        # compiler alone halves the time to start (4.6 s against 11 s on two cores).
        self._jvm = ["-Xmx1g"] if optimise else ["-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"]
        self._properties = self.folder / "server.properties"
        self._format()

    @property
    def bootstrap(self) -> str:
        """Where clients connect first: `host:port`."""
        return f"127.0.0.1:{self.port}"

    def command(self) -> Sequence[str]:
        return self._run("kafka.Kafka", str(self._properties))

    def ready(self) -> bool:
        # The port opens before the broker is registered; a client would be sent away.
        return "Kafka Server started" in self.log.read_text(errors="replace") and super().ready()

    def close(self) -> None:
        self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _format(self) -> None:
        template = string.Template((CONFIG / "server.properties").read_text())
        self._properties.write_text(
            template.substitute(
                port=self.port,
                sasl_port=self.sasl_port,
                controller_port=loopback.free_port(),
                data_dir=self.folder / "data",
            )
        )
        cluster = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        _succeed(
            self._run(
                "kafka.tools.StorageTool", "format", f"--cluster-id={cluster}", "-c", str(self._properties)
            )
        )

    def _run(self, main_class: str, *arguments: str) -> list[str]:
        return [self._java, *self._jvm, "-cp", f"{self._jars}/*", main_class, *arguments]


def jars() -> Path:
    """The folder with the broker's jars; fetched by Maven once, and kept in the checkout.

    Runs that start at the same time wait for one another, and a broken-off fetch leaves nothing.
    """
    CACHE.mkdir(exist_ok=True)
    done = CACHE / "kafka-4.1.0"
    with (CACHE / "kafka.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not done.exists():
            half = CACHE / "kafka-fetching"
            shutil.rmtree(half, ignore_errors=True)
            copy = ["dependency:copy-dependencies", f"-DoutputDirectory={half}"]
            _succeed([_program("mvn", "maven"), "-q", "-B", "-f", str(CONFIG / "pom.xml"), *copy])
            half.rename(done)
    return done


def _program(name: str, package: str) -> str:
    found = shutil.which(name)
    if found is None:
        raise loopback.NotThereError(f"{name} is missing; Debian's package {package} has it")
    return found


def _succeed(command: Sequence[str]) -> None:
    done = subprocess.run(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=300,
        check=False,
    )
    if done.returncode != 0:
        tail = done.stdout.decode(errors="replace")[-2000:]
        raise loopback.NotThereError(f"{' '.join(command)} failed:\n{tail}")
