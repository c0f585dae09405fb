"""Signed URLs of the storage: HMAC-SHA256 over path and expiry."""

from __future__ import annotations

import hashlib
import hmac
import math
from datetime import datetime, timedelta
from urllib.parse import urlencode


class Refused(Exception):
    """A storage URL that opens nothing; its text says why."""


class Signer:
    """Mints and checks the query of a storage URL."""

    def __init__(self, secret: bytes, ttl: float) -> None:
        """`ttl` is how many seconds a minted URL opens its file."""
        self._secret = secret
        self.ttl = ttl

    def _signature(self, path: str, expires: int) -> str:
        text = f"{path}\n{expires}".encode()
        return hmac.new(self._secret, text, hashlib.sha256).hexdigest()

    def sign(self, path: str, now: datetime) -> str:
        """Return `path` with a query that opens it from `now` on for the time to live."""
        expires = math.ceil((now + timedelta(seconds=self.ttl)).timestamp())
        query = {"exp": expires, "sig": self._signature(path, expires)}
        return f"{path}?{urlencode(query)}"

    def check(self, path: str, expires: str, signature: str, now: datetime) -> None:
        """Raise Refused unless the signature is ours and its time has not come."""
        if not (expires.isascii() and expires.isdigit() and len(expires) <= 12):
            raise Refused("The URL carries no valid expiry")
        expected = self._signature(path, int(expires))
        if not hmac.compare_digest(expected.encode(), signature.encode()):
            raise Refused("The signature does not match")
        if now.timestamp() >= int(expires):
            raise Refused("Request has expired")
