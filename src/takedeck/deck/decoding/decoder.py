"""A growing file to int16 stereo frames, in a thread of its own for each part."""

from __future__ import annotations

import io
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace

import miniaudio
import numpy as np

from takedeck.deck.decoding.ffmpeg import decode_foreign
from takedeck.deck.decoding.growing_file import WHOLE, GrowingFile
from takedeck.deck.decoding.probe import Format, probe
from takedeck.deck.decoding.resampling import resampled
from takedeck.deck.decoding.vorbis import decode_apart
from takedeck.deck.faults import Closed, Damaged, DeckFault
from takedeck.deck.part import Part
from takedeck.deck.pcm import LONGEST, Frames

STEP = 22_050
"""Frames decoded at once where the file is ahead: few large steps, few turns of the interpreter."""

EDGE_STEP = 4_410
"""Frames decoded at once close to the end of what has been downloaded."""

_AHEAD = 128 * 1024
_TAIL = 2 * 1152
_SHORT_SECONDS = 2.0
_SHORT_SHARE = 0.05
"""A part that ends so much before the track's end was cut somewhere on its way."""
_FORMATS = {
    "mp3": miniaudio.FileFormat.MP3,
    "flac": miniaudio.FileFormat.FLAC,
    "wav": miniaudio.FileFormat.WAV,
}


class Decoder:
    """Decodes one part: asks `agree` for the deck's rate, calls `progress` after each step."""

    def __init__(
        self, part: Part, settle_rate: Callable[[int], int], progress: Callable[[], None]
    ) -> None:
        self._part = part
        self._settle_rate = settle_rate
        self._progress = progress
        self._thread = threading.Thread(
            target=self._run, name=f"decode-{part.spec.name}", daemon=True
        )

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def close(self) -> None:
        """Stop at the next step; the thread gives back file and memory by itself."""
        self._part.source.close()

    def join(self, timeout: float) -> bool:
        """Wait for the thread's end; whether it ended."""
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
            # Without memory, disk or ffmpeg nothing is known against the file.
            fault, damaged = _sentence(error), isinstance(error, (Damaged, ValueError))
        except miniaudio.MiniaudioError:
            fault = "The file is damaged: decoding stopped. Mint a fresh link and try again."
        finally:
            part.damaged = part.damaged or damaged
            # Whatever happened, also what nobody foresaw: the part ends here, the others play on.
            part.source.release()
            part.pcm.close()
            part.peaks.finish()
            # What the fetch said is the reason; an empty file is only what came of it.
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
        rate = self._settle_rate(found.rate)
        self._guess(found, rate)
        for frames in resampled(steps, found.rate, rate):
            if part.pcm.count + len(frames) > LONGEST * rate:
                raise Damaged(_too_long("goes on and on"))
            part.pcm.append(frames)
            part.peaks.add(frames)
            self._guess(found, rate)
            self._progress()
        self._verdict(found, rate)

    def _guess(self, found: Format, rate: int) -> None:
        part, size = self._part, self._part.spec.size
        if part.source.complete:
            size = part.source.available
        frames = found.frames
        part.exact = frames is not None
        if frames is None and size:
            frames = found.estimate(size)
        part.frames = None if frames is None else round(frames * rate / found.rate)

    def _verdict(self, found: Format, rate: int) -> None:
        part = self._part
        part.fault = part.fault or part.source.fault
        if part.fault is not None:
            return
        if not part.pcm.count:
            part.fault = "The file holds no sound. Mint a fresh link and try again."
        missing = round((found.frames or 0) * rate / found.rate) - part.pcm.count
        if part.fault is None and missing > rate // 2:
            part.fault = f"The file ends {missing / rate:.0f} s early. Fetch it again."
        # A head that tells no length leaves only what the server said of the track, which may be
        # wrong: what is there is heard without a fault.
        part.damaged = part.fault is not None or _much_shorter(part, rate)


class _Stream(miniaudio.StreamableSource):
    """What miniaudio reads from: waits for bytes, never looks at the end of the file."""

    def __init__(self, source: GrowingFile, found: Format) -> None:
        self._source = source
        # Only the MP3 decoder takes a short read for what it is; the others would see the end.
        self._whole = found.kind != "mp3"
        self.position = 0

    def read(self, num_bytes: int) -> bytes:
        data = self._source.read(self.position, num_bytes, whole=self._whole)
        self.position += len(data)
        return data

    def seek(self, offset: int, origin: miniaudio.SeekOrigin) -> bool:
        if origin is miniaudio.SeekOrigin.END:
            # Returning False would be taken for success.
            raise io.UnsupportedOperation("the end of a growing file is not known")
        self.position = offset + (self.position if origin is miniaudio.SeekOrigin.CURRENT else 0)
        return True


def _steps(part: Part, found: Format) -> Iterator[Frames]:
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
            there = part.source.complete or part.source.available - stream.position > _AHEAD
            want = STEP if there else EDGE_STEP
    finally:
        decoder.close()
    if isinstance(stream.error_in_readcallback, DeckFault):
        raise stream.error_in_readcallback


def _trimmed(part: Part, found: Format) -> Iterator[Frames]:
    """Without the encoder's delay in front and, where the length was told, its padding behind."""
    skip, limit = found.skip, WHOLE
    if found.frames is None and 0 < (part.spec.seconds or 0) < LONGEST:
        limit = round((part.spec.seconds or 0) * found.rate)
    held: list[Frames] = []
    done = 0
    for step in _steps(part, found):
        frames, skip = step[skip:], max(0, skip - len(step))
        if done + len(frames) > limit:
            # Longer than told by more than an encoder pads: then what was told is wrong.
            cut = max(0, limit - done)
            held.append(frames[cut:])
            frames = frames[:cut]
        done += len(frames)
        if held and sum(map(len, held)) > _TAIL:
            frames, held, limit = np.concatenate((frames, *held)), [], WHOLE
        if len(frames):
            yield frames


def _much_shorter(part: Part, rate: int) -> bool:
    said = part.spec.seconds or 0.0
    missing = said - part.pcm.count / rate
    return 0 < said < LONGEST and missing > max(_SHORT_SECONDS, _SHORT_SHARE * said)


def _too_long(what: str) -> str:
    return f"The file {what}; takedeck plays {LONGEST / 3600:g} hours of one at most."


def _sentence(error: Exception) -> str:
    if isinstance(error, DeckFault):
        return str(error)
    if isinstance(error, OSError):
        return f"The file cannot be read: {error.strerror or type(error).__name__}."
    return f"The file cannot be decoded ({type(error).__name__})."
