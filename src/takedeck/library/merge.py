"""Merges a known job with a newer answer about it; the only place that defines how."""

from __future__ import annotations

from dataclasses import replace

from takedeck.model import Job, Stem, Track


def merged(known: Job, seen: Job) -> Job:
    """The known job updated by the `seen` one; `known` itself if that is out of date.

    A job that has ended never becomes active again, and progress never falls within one status.
    The first known time is kept, and so are facts and tracks that `seen` does not include.
    """
    if known.status.settled and not seen.status.settled:
        return known
    if seen.status == known.status and seen.status.active:
        known_progress, seen_progress = known.progress or 0, seen.progress
        if seen_progress is not None and seen_progress < known_progress:
            seen = replace(seen, progress=known_progress)
    return replace(
        seen,
        tracks=_merged_tracks(known.tracks, seen.tracks),
        created_at=known.created_at or seen.created_at,
        facts=seen.facts or known.facts,
    )


def _merged_tracks(known: tuple[Track, ...], seen: tuple[Track, ...]) -> tuple[Track, ...]:
    """The seen tracks, with the known stems where a job's answer leaves out a track's stems."""
    if not seen:
        return known
    stems = {track.id: track.stems for track in known if track.stems}
    return tuple(
        replace(track, stems=tuple(Stem(stem.name) for stem in stems[track.id]))
        if not track.stems and track.id in stems
        else track
        for track in seen
    )
