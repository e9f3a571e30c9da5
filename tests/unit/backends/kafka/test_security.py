"""TLS and SASL: what is handed to the client, and what is refused."""

import ssl
from pathlib import Path
from typing import Any

import pytest

from anpr_match.backends.kafka.security import Security
from anpr_match.domain.errors import SetUp


def test_nothing_set_is_plaintext() -> None:
    """Without settings the brokers are spoken to as they are."""
    assert Security().options() == {"security_protocol": "PLAINTEXT"}


def test_sasl_over_tls_has_name_password_and_a_checked_certificate() -> None:
    """The brokers' certificate and name are checked, by the machine's authorities if no file is set."""
    options = Security("SASL_SSL", "SCRAM-SHA-512", "matcher", "secret").options()
    assert options["sasl_mechanism"] == "SCRAM-SHA-512"
    assert options["sasl_plain_username"] == "matcher"
    assert options["sasl_plain_password"] == "secret"
    assert options["ssl_context"].verify_mode is ssl.CERT_REQUIRED
    assert options["ssl_context"].check_hostname


@pytest.mark.parametrize(
    ("set_up", "says"),
    [
        ({"protocol": "SASL_SSL"}, "needs both"),
        ({"protocol": "SASL_PLAINTEXT", "username": "matcher"}, "needs both"),
        ({"username": "matcher", "password": "secret"}, "is PLAINTEXT"),
        ({"protocol": "SSL", "password": "secret"}, "is SSL"),
        ({"ca_file": Path("ca.pem")}, "is PLAINTEXT"),
        ({"protocol": "SSL", "key_file": Path("key.pem")}, "needs ANPR_KAFKA__CERT_FILE"),
        ({"protocol": "TLS"}, "must be one of"),
        ({"protocol": "SASL_SSL", "mechanism": "GSSAPI"}, "must be one of"),
    ],
)
def test_what_cannot_go_together_is_refused(set_up: dict[str, Any], says: str) -> None:
    """Nothing is sent in the clear, or without a name, because a setting was forgotten."""
    with pytest.raises(SetUp, match=says) as refused:
        Security(**set_up)
    assert "secret" not in refused.value.detail


def test_a_file_that_is_not_there_is_named() -> None:
    """The file that cannot be used is named, when the client is made."""
    with pytest.raises(SetUp, match="No such file"):
        Security("SSL", ca_file=Path("/nowhere.pem")).options()
