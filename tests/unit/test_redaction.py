"""What leaves a text before it is kept, in whatever form it stood there."""

from __future__ import annotations

import base64
import random
from urllib.parse import quote

import pytest

from takedeck.redaction import redacted
from takedeck.text import Secret

KEY = "ak_PLANTED/0123+456=789~x"


@pytest.fixture(autouse=True)
def _only_this_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("takedeck.text._SECRETS", set())
    Secret(KEY)


def embedded(before: str) -> str:
    return base64.b64encode((before + KEY + "\n").encode()).decode()


@pytest.mark.parametrize(
    "text",
    [
        KEY, f"<{KEY}>", quote(KEY), quote(KEY, safe=""),
        repr(KEY.encode()), f'{{"key": "{KEY}"}}', f"two{KEY}words{KEY}",
    ],
)  # fmt: skip
def test_a_key_of_this_run_goes_in_every_form(text: str) -> None:
    gone = redacted(f"It said {text} and no more")
    assert "PLANTED" not in gone
    assert "0123" not in gone
    assert gone.startswith("It said ")


@pytest.mark.parametrize("before", ["", "u", "u:", "u:p", "user:"])
@pytest.mark.parametrize("alphabet", [("+", "/"), ("-", "_")])
def test_a_key_in_base64_goes_wherever_it_starts(before: str, alphabet: tuple[str, str]) -> None:
    whole = embedded(before).replace("+", alphabet[0]).replace("/", alphabet[1])
    gone = redacted(f"sent {whole}")
    assert all(whole[at : at + 12] not in gone for at in range(3, len(whole) - 15))


def test_keys_of_the_environment_go_even_with_a_line_break_in_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("FREDDY_API_KEY", "\tak_FIRSTHALF\nSECONDHALF ")
    monkeypatch.setenv("ANY_OTHER_TOKEN", "swordfish")
    monkeypatch.setenv("PLAIN", "stays here")
    gone = redacted("ak_FIRSTHALF SECONDHALF 'ak_FIRSTHALF\\nSECONDHALF' swordfish stays here")
    assert not any(part in gone for part in ("FIRST", "SECOND", "swordfish"))
    assert "stays here" in gone


SIGNATURES = [
    "https://s.test/a/b.mp3?exp=1&sig=PLANTED",
    "HTTPS://user:PLANTED@s.test/a",
    "https://s.test/PLANTED/a.mp3",
    "https:\\/\\/s.test\\/a?X-Amz-Signature=PLANTED",
    "s3://bucket/a?sig=PLANTED#PLANTED",
    "/audio/a.mp3?exp=1&sig=PLANTED",
    "b'/audio/a.mp3?sig=PLANTED'",
    "exp=1&X-Goog-Signature=PLANTED&x=2",
    "exp=1&amp;sig=PLANTED",
    "https://[PLANTED/",
    "X-API-Key: PLANTED",
    "{'x-api-key': 'PLANTED'}",
    "(b'X-API-Key', b'PLANTED')",
    "Authorization: Bearer PLANTED and PLANTED",
    '{"authorization": "Basic PLANTED"}',
    "Bearer PLANTED",
    "Set-Cookie: id=PLANTED; path=/",
    'api_key = "PLANTED"',
    "sig=PLANTED",
    "access_token=PLANTED",
    "password: PLANTED",
]


@pytest.mark.parametrize("text", SIGNATURES)
def test_what_looks_like_a_key_or_a_signature_goes(text: str) -> None:
    assert "PLANTED" not in redacted(text)
    assert "PLANTED" not in redacted(f"Could not do it ({text}).\nIt was: {text}")


def test_what_helps_stays() -> None:
    plain = "list index out of range at offset=3; expected 'str', got 12.5 % of <Job mgen_1>"
    assert redacted(plain) == plain
    assert redacted("GET https://s.test:8443/a?b=c failed") == "GET https://s.test:8443/… failed"


def test_a_key_of_few_letters_goes_too() -> None:
    Secret("k")
    Secret("")
    gone = redacted("the key is k: X-API-Key: PLANTED")
    assert "k" not in gone
    assert "PLANTED" not in gone


def test_any_text_can_be_redacted() -> None:
    dice = random.Random(1)
    alphabet = "aZ09 =&?:/\\'\"[]()<>@%;\n\0\ud800é夜" + "sigkey"
    for _ in range(2_000):
        text = "".join(dice.choices(alphabet, k=dice.randrange(40)))
        assert KEY not in redacted(f"{text}{KEY}{text}")


def test_of_a_key_that_begins_with_another_one_nothing_stays() -> None:
    Secret("ak_short01")
    Secret("ak_short01SECONDHALF")
    assert redacted("ak_short01 ak_short01SECONDHALF") == "••• •••"
