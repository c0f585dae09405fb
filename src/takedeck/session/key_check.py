"""Tries a key out against its API, and keeps nothing of it."""

from __future__ import annotations

from takedeck import config
from takedeck.session.connect import provider_for


async def check_key(key: str, organization: str) -> str:
    """Ask the API for one page with that key; returns the API's name.

    With an `organization` the API is Aitronos, without one Mureka through useapi.net.

    Raises:
        ConfigError: the key or the organisation cannot be right as typed.
        TakedeckError: what the API, or the way to it, says against it.
    """
    provider = await provider_for(config.for_key(key, organization))
    try:
        await provider.list_jobs(limit=1)
    finally:
        await provider.close()
    return provider.name
