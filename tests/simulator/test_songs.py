"""The songs: exact sums, levels, differences, and what survives encoding."""

from __future__ import annotations

import itertools

import miniaudio
import numpy as np
import pytest
from numpy.typing import NDArray

from takedeck.simulator import encode
from takedeck.simulator.songs.catalogue import MASTER, RATE, SONGS, Song
from takedeck.simulator.songs.render import blocks, compose
from takedeck.simulator.songs.theory import chord, nearest, pitch_class, root, scale, voicing


def opening(song: Song, part: str, count: int) -> NDArray[np.int64]:
    return np.concatenate(list(itertools.islice(blocks(song, part), count))).astype(np.int64)


def decibel(sound: NDArray[np.float64]) -> float:
    return float(20 * np.log10(np.sqrt((sound**2).mean())))


def test_there_are_songs_enough() -> None:
    songs = SONGS.values()
    assert len({song.bpm for song in songs}) == len(songs) >= 7
    assert sum(song.extension == "mp3" for song in songs) >= 6
    assert all(40 <= song.duration <= 120 and 4 <= len(song.stems) <= 6 for song in songs)


@pytest.mark.parametrize("key", SONGS)
def test_the_score_keeps_to_the_catalogue(key: str) -> None:
    song = SONGS[key]
    score = compose(song)
    assert set(score.stems) == set(song.stems)
    assert sum(stem.ceiling for stem in score.stems.values()) < 1
    last = max(note.beat for stem in score.stems.values() for note in stem.notes)
    assert song.beats - 10 < last <= song.beats + song.ring * song.bpm / 60


@pytest.mark.parametrize(
    "key",
    [
        pytest.param(key, marks=() if number < 2 else pytest.mark.trial)
        for number, key in enumerate(SONGS)
    ],
)
def test_the_master_is_the_integer_sum_of_its_stems(key: str) -> None:
    song = SONGS[key]
    stems = [opening(song, stem, 3) for stem in song.stems]
    assert np.array_equal(opening(song, MASTER, 3), sum(stems))


@pytest.mark.trial
def test_a_whole_song_is_as_long_as_said_and_ends_in_silence() -> None:
    song = SONGS["bossa"]
    sound = np.concatenate(list(blocks(song, MASTER))).astype(np.float64) / 32_768
    assert sound.shape == (song.frames, 2)
    assert -20 < decibel(sound) < -14
    assert np.abs(sound).max() < 0.97
    assert np.abs(sound.mean(axis=0)).max() < 0.001
    seconds = sound[: len(sound) // RATE * RATE].reshape(-1, RATE, 2)
    assert min(decibel(second) for second in seconds[:-3]) > -35
    assert np.abs(sound[-50:]).max() < 1e-4
    assert np.corrcoef(sound.T)[0, 1] < 0.995


def test_the_same_song_is_the_same_bytes() -> None:
    song = SONGS["house"]
    first, second = (b"".join(itertools.islice(encode.chunks(song, "voice"), 6)) for _ in range(2))
    assert first == second


# Beside the trials: each takes seconds of the processor.
@pytest.mark.parametrize(
    "key",
    [
        pytest.param(key, marks=pytest.mark.trial)
        for key, song in SONGS.items()
        if song.extension == "mp3"
    ],
)
def test_stems_still_add_up_after_encoding(key: str) -> None:
    song = SONGS[key]

    def decoded(part: str) -> NDArray[np.float64]:
        data = b"".join(itertools.islice(encode.chunks(song, part), 17))
        skipped = encode.mp3_size(1) - 1 if song.tagged else 0
        sound = np.frombuffer(miniaudio.decode(data[skipped:]).samples, dtype=np.int16)
        return sound[2 * 4 * RATE : 2 * 8 * RATE].astype(np.float64)

    master = decoded(MASTER)
    rest = master - sum(decoded(stem) for stem in song.stems)
    assert decibel(rest) - decibel(master) < -25


@pytest.mark.parametrize("samples", [1, 575, 576, 1152, 1153, 44_100, 100_000, 441_575])
def test_the_length_of_an_mp3_is_known_beforehand(samples: int) -> None:
    import lameenc

    encoder = lameenc.Encoder()
    encoder.set_bit_rate(encode.BIT_RATE)
    encoder.set_in_sample_rate(RATE)
    encoder.set_channels(2)
    encoder.set_quality(7)
    encoder.silence()
    noise = np.random.default_rng(1).integers(-9_000, 9_000, (samples, 2)).astype(np.int16)
    data = bytes(encoder.encode(noise.tobytes())) + bytes(encoder.flush())
    assert len(data) == encode.mp3_size(encode.mp3_frames(samples))
    tagged = encode.info_frame(samples) + data
    assert miniaudio.decode(tagged).num_frames == samples


def test_theory() -> None:
    assert chord("F#m9") == (6, (0, 3, 7, 10, 14))
    assert root("C/E", 28) == 28
    assert root("Bb", 34) == 34
    assert voicing("Am", 64) == [60, 64, 69]
    assert pitch_class("Gb") == pitch_class("F#")
    assert nearest(61, scale("C", "major")) == 60
    with pytest.raises(ValueError, match="Hm7"):
        chord("Hm7")
