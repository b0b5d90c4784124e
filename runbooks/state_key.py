"""The key that seals old values which may hold passwords: ``MAILTRUST_STATE_KEY``, a Fernet key."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass

from cryptography.fernet import Fernet, InvalidToken

from mailtrust.errors import UsageError
from mailtrust.kept import KeptError
from runbooks.references import Vault

_VARIABLE = "MAILTRUST_STATE_KEY"


@dataclass(frozen=True)
class StateKey:
    """Both directions; the text form of a sealed value is safe to write anywhere."""

    seal: Callable[[str], str]
    unseal: Callable[[str], str]


def state_key(vault: Vault, reference: str | None) -> StateKey | None:
    """The key that config.yaml refers to (``state_key``), or else the environment variable; None when there is none.

    Raises UsageError when it is no Fernet key.
    """
    if reference is None and not os.environ.get(_VARIABLE):
        return None
    try:
        fernet = Fernet(vault.resolve(reference or f"env:{_VARIABLE}").reveal())
    except ValueError:
        made = "openssl rand -base64 32 | tr '+/' '-_'"
        raise UsageError(f"the state key is not 32 bytes of URL-safe base64; make one with: {made}") from None

    def unseal(token: str) -> str:
        try:
            return fernet.decrypt(token).decode()
        except InvalidToken:
            raise KeptError("a value was sealed with another key") from None

    return StateKey(lambda text: fernet.encrypt(text.encode()).decode(), unseal)
