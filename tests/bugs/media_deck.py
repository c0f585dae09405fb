"""Bugs in what is fetched and heard: media and deck."""

from __future__ import annotations

from typing import Final

from tests.bugs.bug import Bug

BUGS: Final = (
    Bug(
        "use-not-noted",
        "the cache lets go of what is heard every day, once it is the oldest",
        "media/cache.py",
        "            os.utime(path)\n",
        "",
        ("media/test_cache.py",),
    ),
    Bug(
        "place-kept-at-restart",
        "a download that begins anew has zeros where its beginning was",
        "media/partial_file.py",
        "            os.lseek(self._open(), 0, os.SEEK_SET)\n",
        "",
        ("media/test_cache.py", "media/test_fetch.py", "media/test_pieces.py"),
    ),
    Bug(
        "longest-life-learned",
        "of a host's refused URLs the one that lasted longest is believed",
        "media/lifetimes.py",
        "= min(age, self._learned.get(refused.host, age))",
        "= max(age, self._learned.get(refused.host, age))",
        ("media/test_mint.py", "media/test_freshness.py"),
    ),
    Bug(
        "refresh-not-forgiven",
        "`r` mints anew, and the part is refused as before",
        "media/mint.py",
        '"""Mint anew because the user asks; every part may then try again."""\n'
        "        self._fruitless.clear()\n",
        '"""Mint anew because the user asks; every part may then try again."""\n',
        ("media/test_mint.py", "media/test_refusals.py"),
    ),
    Bug(
        "pace-begins-anew",
        "a storage that drips is waited for without an end",
        "media/pace.py",
        "self._started += self._monotonic() - self._paused_at",
        "self._started = self._monotonic()",
        ("media/test_endless.py", "media/test_refusals.py", "media/test_fetch.py"),
    ),
    Bug(
        "sweep-takes-the-living",
        "a download that has paused for ten minutes loses its file to another takedeck",
        "media/cache.py",
        "if time.time() - entry.used_at > _STALE_AFTER and _is_abandoned(entry.path):",
        "if time.time() - entry.used_at > _STALE_AFTER:",
        ("media/test_cache.py",),
    ),
    Bug(
        "gain-in-power",
        "-6 dB sounds like -12",
        "deck/part.py",
        "10.0 ** (self.gain_db / 20.0)",
        "10.0 ** (self.gain_db / 10.0)",
        ("deck/test_mix.py", "deck/test_mixed.py"),
    ),
    Bug(
        "solo-over-mute",
        "a stem that is muted and soloed is heard",
        "deck/mixer.py",
        "return [part for part in soloed or parts if not part.muted]",
        "return soloed or [part for part in parts if not part.muted]",
        ("deck/test_mix.py", "deck/test_mixed.py", "deck/test_playhead.py"),
    ),
    Bug(
        "loop-clicks",
        "a loop from the song's first second clicks each time round",
        "deck/playhead.py",
        "self.position, self._blend, self._seam = seam.start, seam.into, None",
        "self.position, self._blend, self._seam = seam.start, None, None",
        ("deck/test_loop.py",),
    ),
    Bug(
        "tags-size",
        "an MP3 with a large picture in front is no audio",
        "deck/decoding/probe.py",
        "size = tag[6] << 21 | tag[7] << 14 | tag[8] << 7 | tag[9]",
        "size = tag[6] << 24 | tag[7] << 16 | tag[8] << 8 | tag[9]",
        ("deck/test_decoder.py", "deck/test_lengths.py"),
    ),
    Bug(
        "loud-again",
        "a deck that was started again plays at full volume",
        "deck/client.py",
        "        process.stdin.write(encode(Volume(self._volume)))\n",
        "",
        ("deck/test_client.py",),
    ),
    Bug(
        "doubt-goes-on",
        "a deck that plays well is said not to answer",
        "deck/client.py",
        "            self._silence_timer.cancel()\n            self._silence_timer = None\n",
        "            self._silence_timer = None\n",
        ("deck/test_client.py", "deck/test_lasting.py"),
    ),
    Bug(
        "silent-for-good",
        "space does not look again for a sound device that was not there at the start",
        "deck/outputs/supervisor.py",
        "if self._kind in DEVICES and (self.waiting or self._silent):",
        "if self._kind in DEVICES and self.waiting:",
        ("deck/test_reconnect.py", "deck/test_outputs.py"),
    ),
    Bug(
        "null-test-kept",
        "the null test's figure of one track is shown for the next",
        "deck/deck.py",
        "        self._decoders.clear()\n        self._null = None\n",
        "        self._decoders.clear()\n",
        ("deck/test_nulltest.py", "deck/test_playhead.py", "deck/test_mixed.py"),
    ),
    Bug(
        "ready-on-any",
        "stems are begun as soon as one of them is there",
        "deck/playhead.py",
        "return all(part.has(at, size)",
        "return any(part.has(at, size)",
        ("deck/test_begin.py",),
    ),
)
