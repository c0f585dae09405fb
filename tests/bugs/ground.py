"""Bugs in what stands in no room: settings, texts, times, hosts, reports."""

from __future__ import annotations

from typing import Final

from tests.bugs.bug import Bug

BUGS: Final = (
    Bug(
        "variable-over-flag",
        "`--output` is passed over where TAKEDECK_OUTPUT is set",
        "config.py",
        'output=output or values.text("output", "TAKEDECK_OUTPUT") or "auto"',
        'output=values.text("output", "TAKEDECK_OUTPUT") or output or "auto"',
        ("unit/test_config.py",),
    ),
    Bug(
        "group-reads-key",
        "nobody is warned of a key that the whole group can read",
        "values.py",
        "status.st_mode & 0o077",
        "status.st_mode & 0o007",
        ("unit/test_config.py", "cli/test_config_file.py"),
    ),
    Bug(
        "two-keys",
        "a profile with a key_file or key_variable is refused beside a key of the top level's",
        "values.py",
        "            if _NAMES_KEY & set(self._own):",
        '            if "api_key" in self._own:',
        ("unit/test_config.py", "cli/test_config_file.py"),
    ),
    Bug(
        "key-of-an-object",
        "a signed URL that is a name in an object is printed whole",
        "text.py",
        "return {redact(key): redact(item)",
        "return {key: redact(item)",
        ("unit/test_text.py", "unit/test_redaction.py", "unit/test_secrets.py"),
    ),
    Bug(
        "time-without-zone",
        "a server's time without a zone is taken for the reader's own",
        "times.py",
        "_in_zone(when if when.tzinfo else when.replace(tzinfo=UTC), local=False)",
        "_in_zone(when, local=False)",
        ("unit/test_times.py", "providers/test_aitronos.py", "providers/test_mureka.py"),
    ),
    Bug(
        "proxy-for-all-first",
        "ALL_PROXY is used in spite of HTTPS_PROXY",
        "http.py",
        'for kind in (url.scheme, "all"):',
        'for kind in ("all", url.scheme):',
        ("unit/test_http.py",),
    ),
    Bug(
        "domains-end",
        "`*.corp.test` lets storage at evilcorp.test in",
        "hosts.py",
        'return bare.endswith(f".{_bare(allowed[2:])}")',
        "return bare.endswith(_bare(allowed[2:]))",
        ("unit/test_reach.py", "providers/test_origin.py"),
    ),
    Bug(
        "newest-report-goes",
        "with ten reports kept, the new one is deleted at once",
        "crash.py",
        "[:-KEPT]:",
        "[KEPT:]:",
        ("unit/test_crash.py",),
    ),
    Bug(
        "shorter-key-first",
        "of a key that begins with another one its end stays in a report",
        "redaction.py",
        "key=len, reverse=True)",
        "key=len)",
        ("unit/test_redaction.py", "unit/test_secrets.py", "unit/test_crash.py"),
    ),
    Bug(
        "expired-not-settled",
        "a late answer brings a job back that the API has forgotten",
        "model.py",
        '_SETTLED: Final = frozenset({"succeeded", "failed", "cancelled", "refused", "expired"})',
        '_SETTLED: Final = frozenset({"succeeded", "failed", "cancelled", "refused"})',
        ("unit/test_model.py", "library/test_store.py", "library/test_history.py"),
    ),
)
