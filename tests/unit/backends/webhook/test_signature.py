"""Signatures of webhooks, by the example of the specification."""

import pytest

from anpr_match.backends.webhook import signature
from anpr_match.domain.errors import SetUp


def test_the_example_of_the_specification() -> None:
    """The signature is the one that the specification's own libraries test with."""
    key = signature.key("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    headers = signature.headers(key, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}')
    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@pytest.mark.parametrize(
    "secret", ["", "whsec_", "whsec_c2hvcnQ=", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_!"]
)
def test_a_weak_secret_is_refused(secret: str) -> None:
    """A secret of another form, or too short, is refused without being quoted."""
    with pytest.raises(SetUp) as refused:
        signature.key(secret)
    assert not secret or secret.removeprefix("whsec_") not in refused.value.detail or secret == "whsec_"
