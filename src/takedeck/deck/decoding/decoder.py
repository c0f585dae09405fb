"""Decodes a growing file to int16 stereo frames, with a thread per part."""

from __future__ import annotations

import io
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace

import miniaudio
import numpy as np

from takedeck.deck.decoding.child import STEP
from takedeck.deck.decoding.ffmpeg import decode_foreign
from takedeck.deck.decoding.growing_file import WHOLE, GrowingFile
from takedeck.deck.decoding.probe import Format, probe
from takedeck.deck.decoding.resampling import resampled
from takedeck.deck.decoding.vorbis import decode_apart
from takedeck.deck.faults import Closed, Damaged, DeckFault
from takedeck.deck.part import Part
from takedeck.deck.pcm import LONGEST, Frames

EDGE_STEP = 4_410
"""Frames decoded at once close to the end of what has been downloaded."""

_AHEAD_BYTES = 128 * 1024
"""With more than this downloaded and not decoded yet, decode in large steps."""

_MOST_PADDING = 2 * 1152
"""Frames of padding that an encoder adds at most: two MP3 frames."""

_MISSING_SECONDS = 2.0
_MISSING_SHARE = 0.05
"""A part is cut short if both this many seconds and this share of the track are missing."""
_FORMATS = {
    "mp3": miniaudio.FileFormat.MP3,
    "flac": miniaudio.FileFormat.FLAC,
    "wav": miniaudio.FileFormat.WAV,
}


class Decoder:
    """Decodes one part into its `pcm` and `peaks`, in its own thread.

    Calls `settle_rate` with the file's sample rate and resamples to the one it returns; calls
    `progress` after each step. Faults go to the part, and nothing is raised.
    """

    def __init__(
        self, part: Part, settle_rate: Callable[[int], int], progress: Callable[[], None]
    ) -> None:
        self._part = part
        self._settle_rate = settle_rate
        self._progress = progress
        self._rate = 44100
        self._thread = threading.Thread(
            target=self._run, name=f"decode-{part.spec.name}", daemon=True
        )

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def close(self) -> None:
        """Stop at the next step; the thread releases file and memory by itself."""
        self._part.source.close()

    def join(self, timeout: float) -> bool:
        """Wait for the thread to end, at most `timeout` seconds; returns whether it has."""
        self._thread.join(timeout)
        return not self._thread.is_alive()

    def _run(self) -> None:
        part = self._part
        fault: str | None = "The file cannot be decoded: the decoder failed."
        damaged = True
        try:
            self._decode()
            fault, damaged = None, False
        except Closed:
            fault, damaged = None, False
        except (DeckFault, OSError, ValueError, MemoryError) as error:
            # If memory, disk or ffmpeg are missing, the file itself may be fine.
            fault, damaged = _fault_text(error), isinstance(error, (Damaged, ValueError))
        except miniaudio.MiniaudioError:
            fault = "The file is damaged: decoding stopped. Fetch it again."
        finally:
            part.damaged = part.damaged or damaged
            # Even after an unexpected exception: this part ends here, the others play on.
            part.source.release()
            part.pcm.close()
            part.bands.finish(self._rate)
            # A failed download is the cause; an empty file is only the consequence.
            part.fault = part.fault or part.source.fault or fault
            part.frames, part.exact = part.pcm.count, True
            part.complete = True
            self._progress()

    def _decode(self) -> None:
        part = self._part
        part.pcm.prepare()
        found = part.format = probe(part.source.read)
        if found.kind == "foreign":
            own, claimed, steps = decode_foreign(part.source, found.container)
            found = part.format = replace(found, rate=own, frames=claimed)
        else:
            steps = _trimmed(part, found)
        if (found.frames or 0) > LONGEST * found.rate:
            raise Damaged(_too_long(f"claims {(found.frames or 0) / found.rate / 3600:.0f} hours"))
        rate = self._rate = self._settle_rate(found.rate)
        self._update_length(found, rate)
        for frames in resampled(steps, found.rate, rate):
            if part.pcm.count + len(frames) > LONGEST * rate:
                raise Damaged(_too_long("goes on and on"))
            part.pcm.append(frames)
            part.bands.add(frames, rate)
            self._update_length(found, rate)
            self._progress()
        self._check_length(found, rate)

    def _update_length(self, found: Format, rate: int) -> None:
        part, size = self._part, self._part.spec.size
        if part.source.complete:
            size = part.source.available
        frames = found.frames
        part.exact = frames is not None
        if frames is None and size:
            frames = found.estimate(size)
        part.frames = None if frames is None else round(frames * rate / found.rate)

    def _check_length(self, found: Format, rate: int) -> None:
        part = self._part
        part.fault = part.fault or part.source.fault
        if part.fault is not None:
            return
        if not part.pcm.count:
            part.fault = "The file holds no sound. Fetch it again."
        missing = round((found.frames or 0) * rate / found.rate) - part.pcm.count
        if part.fault is None and missing > rate // 2:
            part.fault = f"The file ends {missing / rate:.0f} s early. Fetch it again."
        # If the header gives no length, there is only the server's, which may be wrong: then the
        # part is marked as damaged, but plays without a fault.
        part.damaged = part.fault is not None or _ends_early(part, rate)


class _Stream(miniaudio.StreamableSource):
    """miniaudio's view of the growing file: reads wait for the download, no seek from the end."""

    def __init__(self, source: GrowingFile, found: Format) -> None:
        self._source = source
        # Only the MP3 decoder copes with a short read; the others would take it for the end.
        self._whole = found.kind != "mp3"
        self.position = 0

    def read(self, num_bytes: int) -> bytes:
        data = self._source.read(self.position, num_bytes, whole=self._whole)
        self.position += len(data)
        return data

    def seek(self, offset: int, origin: miniaudio.SeekOrigin) -> bool:
        if origin is miniaudio.SeekOrigin.END:
            # miniaudio would take False for success.
            raise io.UnsupportedOperation("the end of a growing file is not known")
        self.position = offset + (self.position if origin is miniaudio.SeekOrigin.CURRENT else 0)
        return True


def _decoded(part: Part, found: Format) -> Iterator[Frames]:
    if found.kind == "vorbis":
        yield from decode_apart(part.source, found.rate)
        return
    stream = _Stream(part.source, found)
    decoder = miniaudio.stream_any(
        stream, _FORMATS[found.kind], sample_rate=found.rate, frames_to_read=STEP
    )
    try:
        want = EDGE_STEP
        while True:
            try:
                samples = decoder.send(want)
            except StopIteration:
                break
            except miniaudio.DecodeError as error:
                if isinstance(stream.error_in_readcallback, DeckFault):
                    raise stream.error_in_readcallback from error
                raise
            yield np.frombuffer(samples, dtype=np.int16).reshape(-1, 2)
            part.source.wait(0)
            there = part.source.complete or part.source.available - stream.position > _AHEAD_BYTES
            want = STEP if there else EDGE_STEP
    finally:
        decoder.close()
    if isinstance(stream.error_in_readcallback, DeckFault):
        raise stream.error_in_readcallback


def _trimmed(part: Part, found: Format) -> Iterator[Frames]:
    """The frames without the encoder's delay and, if the server states the length, its padding."""
    skip, limit = found.skip, WHOLE
    if found.frames is None and (stated := _stated_seconds(part)):
        limit = round(stated * found.rate)
    held: list[Frames] = []
    done = 0
    for step in _decoded(part, found):
        frames, skip = step[skip:], max(0, skip - len(step))
        if done + len(frames) > limit:
            # Hold back what exceeds the stated length. If it is more than an encoder's padding,
            # the stated length is wrong: then nothing is cut.
            cut = max(0, limit - done)
            held.append(frames[cut:])
            frames = frames[:cut]
        done += len(frames)
        if held and sum(map(len, held)) > _MOST_PADDING:
            frames, held, limit = np.concatenate((frames, *held)), [], WHOLE
        if len(frames):
            yield frames


def _ends_early(part: Part, rate: int) -> bool:
    stated = _stated_seconds(part)
    missing = stated - part.pcm.count / rate
    return missing > max(_MISSING_SECONDS, _MISSING_SHARE * stated)


def _stated_seconds(part: Part) -> float:
    """The track's length as the server states it, in seconds; 0 if unknown or not plausible."""
    seconds = part.spec.seconds or 0.0
    return seconds if 0 < seconds < LONGEST else 0.0


def _too_long(what: str) -> str:
    return f"The file {what}; takedeck plays {LONGEST / 3600:g} hours of one at most."


def _fault_text(error: Exception) -> str:
    if isinstance(error, DeckFault):
        return str(error)
    if isinstance(error, OSError):
        return f"The file cannot be read: {error.strerror or type(error).__name__}."
    return f"The file cannot be decoded ({type(error).__name__})."
