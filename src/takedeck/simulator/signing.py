"""Signed URLs of the storage: HMAC-SHA256 over path and expiry."""

from __future__ import annotations

import hashlib
import hmac
import math
from datetime import datetime, timedelta
from urllib.parse import urlencode


class Refused(Exception):
    """The storage URL is not valid; the message says why."""


class Signer:
    """Makes and checks the signed query of a storage URL."""

    def __init__(self, secret: bytes, ttl: float) -> None:
        """`ttl` is for how many seconds a signed URL is valid."""
        self._secret = secret
        self.ttl = ttl

    def _signature(self, path: str, expires: int) -> str:
        text = f"{path}\n{expires}".encode()
        return hmac.new(self._secret, text, hashlib.sha256).hexdigest()

    def sign(self, path: str, now: datetime) -> str:
        """Return `path` with a signed query, valid for `ttl` seconds from `now`."""
        expires = math.ceil((now + timedelta(seconds=self.ttl)).timestamp())
        query = {"exp": expires, "sig": self._signature(path, expires)}
        return f"{path}?{urlencode(query)}"

    def check(self, path: str, expires: str, signature: str, now: datetime) -> None:
        """Raise Refused unless the signature is ours and has not expired."""
        if not (expires.isascii() and expires.isdigit() and len(expires) <= 12):
            raise Refused("The URL carries no valid expiry")
        expected = self._signature(path, int(expires))
        if not hmac.compare_digest(expected.encode(), signature.encode()):
            raise Refused("The signature does not match")
        if now.timestamp() >= int(expires):
            raise Refused("Request has expired")
