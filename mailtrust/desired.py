"""What one router should have."""

from __future__ import annotations

from collections.abc import Sequence

from mailtrust.applet import applet_text, variables
from mailtrust.certificates import roots_first
from mailtrust.model import Account, Applet, Certificate, Desired, Provider


def desired(
    account: Account,
    provider: Provider,
    trust: Sequence[Certificate],
    applets: Sequence[Applet],
    *,
    adopt: bool = False,
) -> Desired:
    """The wish for one host; ``adopt`` allows to take over every applet of a wanted name, not only those that say so.

    Without TLS no certificate is looked at, so none is wanted.
    """
    return Desired(
        trust=roots_first(trust) if provider.security == "tls" else (),
        variables=variables(account, provider),
        applets=tuple(applet_text(applet, account, provider) for applet in applets),
        adopt=frozenset(applet.name for applet in applets if adopt or applet.adopt),
    )
