"""A mailer without a network: it keeps what it is given and answers as told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from cryptography import x509

from lab.mailclient import Delivery, Mail


@dataclass
class Postman:
    """Takes the place of `lab.mailclient.send`. `answers` are used up in order; then every mail is accepted."""

    answers: list[Delivery] = field(default_factory=list)
    sent: list[Mail] = field(default_factory=list)
    trusted: list[Mapping[str, x509.Certificate]] = field(default_factory=list)  # per mail, by trustpoint

    async def __call__(
        self,
        mail: Mail,
        trust: Mapping[str, x509.Certificate],
        hosts: Mapping[str, str],
        *,
        now: datetime,
        timeout: float,
    ) -> Delivery:
        self.sent.append(mail)
        self.trusted.append(trust)
        return self.answers.pop(0) if self.answers else Delivery(None, ())
