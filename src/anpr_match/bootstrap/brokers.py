"""The client of Kafka that the settings describe."""

from dataclasses import replace

from anpr_match.backends.kafka.client import Client
from anpr_match.backends.kafka.security import Security
from anpr_match.settings import Settings


def client(settings: Settings, bootstrap: str, wait_s: float | None = None) -> Client:
    """`wait_s` bounds joining and every request, for who looks at the brokers in passing. Raises `SetUp`
    when what is set for TLS and SASL cannot go together."""
    kafka = settings.kafka
    made = Client(bootstrap, kafka.group, session_s=kafka.session_s, security=_security(settings))
    return made if wait_s is None else replace(made, start_s=wait_s, request_s=wait_s)


def _security(settings: Settings) -> Security:
    kafka = settings.kafka
    return Security(
        protocol=kafka.security_protocol,
        mechanism=kafka.sasl_mechanism,
        username=kafka.sasl_username,
        password=kafka.sasl_password.get_secret_value() if kafka.sasl_password else None,
        ca_file=kafka.ca_file,
        cert_file=kafka.cert_file,
        key_file=kafka.key_file,
    )
