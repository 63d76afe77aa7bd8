"""What clients send, checked and turned into our own values: types that several capabilities share."""

from __future__ import annotations

import unicodedata
from datetime import datetime
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from ceremony.errors import Malformed
from crypto.canonical import parse_iso, unb64
from crypto.credit_code import parse_credit_code
from crypto.errors import Invalid


def checked(parse: Any) -> Any:
    """A parser of ours as pydantic wants it: ValueError instead of our own exceptions."""

    def check(value: Any) -> Any:
        try:
            return parse(value)
        except (Invalid, Malformed) as error:
            raise ValueError(f"{error.code}: {error.detail}") from error

    return check


def nfc(text: str) -> str:
    return unicodedata.normalize("NFC", text.strip())


Text = Annotated[str, Field(min_length=1, max_length=300), AfterValidator(nfc)]
Long = Annotated[str, Field(max_length=20_000), AfterValidator(nfc)]
CreditCode = Annotated[str, AfterValidator(checked(parse_credit_code))]
Instant = Annotated[datetime, BeforeValidator(checked(parse_iso))]
Bytes = Annotated[bytes, BeforeValidator(checked(unb64))]
Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class SignedBody(Strict):
    """Canonical bytes and the detached CMS over them."""

    statement: Bytes
    cms: Bytes


class SignatureBody(Strict):
    """A detached CMS over a statement that the server knows."""

    cms: Bytes
