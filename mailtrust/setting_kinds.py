"""What a single value of the files may be, and what is wanted instead where it is not."""

from __future__ import annotations

import ipaddress
import re
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field
from pydantic_core import PydanticCustomError


def expected(wish: str) -> PydanticCustomError:
    return PydanticCustomError("expected", "{wish}", {"wish": wish})


def _matching(pattern: str, wish: str) -> AfterValidator:
    def check(value: str) -> str:
        if not re.fullmatch(pattern, value, re.ASCII):
            raise expected(wish)
        return value

    return AfterValidator(check)


def _host(value: str) -> str:
    if re.fullmatch(r"[A-Za-z0-9_](?:[A-Za-z0-9._-]*[A-Za-z0-9])?", value, re.ASCII):
        return value
    return _address(value, "a host name or an address, without port and login")


def _address(value: str, wish: str = "an IP address") -> str:
    """No zone: behind ``%`` anything may stand, and IOS takes none."""
    try:
        return str(ipaddress.ip_address("" if "%" in value else value))
    except ValueError:
        raise expected(wish) from None


def listed(value: object) -> object:
    return (value,) if isinstance(value, str) else tuple(value) if isinstance(value, list) else value


def _spelled(value: object) -> object:
    if isinstance(value, list):
        return ",".join(map(str, value))
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _joined(value: object) -> object:
    return re.sub(r"^([A-Za-z-]+) (?=\d\S*$)", r"\1", value) if isinstance(value, str) else value


_A_WORD = "a name without blanks, quotes, '?' and '$'"
Text = Annotated[str, _matching(r"[\s\S]*\S[\s\S]*", "text")]
Word = Annotated[str, _matching(r"[^\s\"?$]+", _A_WORD)]
Interface = Annotated[str, BeforeValidator(_joined), _matching(r"[^\s\"?$]+", _A_WORD)]
"""As IOS prints it: ``GigabitEthernet 0/0/0`` is ``GigabitEthernet0/0/0``."""
Line = Annotated[str, _matching(r"\S.*", "one line of text")]
Mail = Annotated[str, _matching(r"[^\s@,;<>]+@[^\s@,;<>]+", "an e-mail address: one '@', no blanks")]
Mails = Annotated[tuple[Mail, ...], BeforeValidator(listed)]
Prefix = Annotated[str, _matching(r"[A-Za-z_][A-Za-z0-9_]*", "a name of letters, digits and '_'")]
Host = Annotated[str, AfterValidator(_host)]
Address = Annotated[str, AfterValidator(_address)]
Port = Annotated[int, Field(ge=1, le=65535)]
Count = Annotated[int, Field(ge=1)]
Seconds = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Natural = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Sizes = Annotated[str, BeforeValidator(_spelled)]
"""What YAML may have taken for a number or a list: 3, 5%, or [1, 5%, rest]."""
