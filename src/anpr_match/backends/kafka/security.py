"""How the brokers know us, and we them: TLS and SASL."""

import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from anpr_match.domain.errors import SetUp

MECHANISMS = ("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512")
PROTOCOLS = ("PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL")


@dataclass(frozen=True, slots=True)
class Security:
    """`ca_file` holds the authorities that the brokers' certificates are checked against (unset: those of
    the machine); `cert_file` and `key_file` are our own, for mutual TLS. Raises `SetUp` for what cannot
    go together, so that nothing is sent in the clear by mistake."""

    protocol: str = "PLAINTEXT"
    mechanism: str = "PLAIN"
    username: str | None = None
    password: str | None = None
    ca_file: Path | None = None
    cert_file: Path | None = None
    key_file: Path | None = None

    def __post_init__(self) -> None:
        if self.protocol not in PROTOCOLS:
            raise SetUp(f"ANPR_KAFKA__SECURITY_PROTOCOL must be one of {', '.join(PROTOCOLS)}")
        if self.mechanism not in MECHANISMS:
            raise SetUp(f"ANPR_KAFKA__SASL_MECHANISM must be one of {', '.join(MECHANISMS)}")
        named = bool(self.username) + bool(self.password)
        if self.has_sasl and named < 2:
            raise SetUp(f"{self.protocol} needs both ANPR_KAFKA__SASL_USERNAME and ANPR_KAFKA__SASL_PASSWORD")
        if named and not self.has_sasl:
            raise SetUp(
                f"a SASL name or password is set, but ANPR_KAFKA__SECURITY_PROTOCOL is {self.protocol}"
            )
        files = (self.ca_file, self.cert_file, self.key_file)
        if any(files) and not self.has_tls:
            raise SetUp(f"a TLS file is set, but ANPR_KAFKA__SECURITY_PROTOCOL is {self.protocol}")
        if self.key_file and not self.cert_file:
            raise SetUp("ANPR_KAFKA__KEY_FILE needs ANPR_KAFKA__CERT_FILE")

    @property
    def has_tls(self) -> bool:
        return self.protocol.endswith("SSL")

    @property
    def has_sasl(self) -> bool:
        return self.protocol.startswith("SASL")

    def options(self) -> dict[str, Any]:
        """What aiokafka's clients take. Raises `SetUp` when a file cannot be used."""
        options: dict[str, Any] = {"security_protocol": self.protocol}
        if self.has_sasl:
            options["sasl_mechanism"] = self.mechanism
            options["sasl_plain_username"] = self.username
            options["sasl_plain_password"] = self.password
        if self.has_tls:
            options["ssl_context"] = self._context()
        return options

    def _context(self) -> ssl.SSLContext:
        try:
            context = ssl.create_default_context(cafile=self.ca_file)
            if self.cert_file:
                context.load_cert_chain(self.cert_file, self.key_file)
        except OSError as error:  # ssl.SSLError is one
            # The name of the file that is missing; what is in one never.
            which = error.filename or error.strerror or "not a certificate or key in PEM"
            raise SetUp(f"a TLS file of ANPR_KAFKA__… cannot be used: {which}") from None
        return context
