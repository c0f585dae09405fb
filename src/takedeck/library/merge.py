"""What is known of a job and what was seen of it, made into one; the only place of that rule."""

from __future__ import annotations

from dataclasses import replace

from takedeck.model import Job, Stem, Track


def merged(known: Job, seen: Job) -> Job:
    """The job as it is known from now on; `known` itself where what was seen is late.

    A job that has ended never goes back, and progress of one status never does. The first known
    time stays, and so do facts and tracks where nothing was seen of them.
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
    """What was seen; a job's own page may leave out the stems that its track's page names."""
    if not seen:
        return known
    stems = {track.id: track.stems for track in known if track.stems}
    return tuple(
        replace(track, stems=tuple(Stem(stem.name) for stem in stems[track.id]))
        if not track.stems and track.id in stems
        else track
        for track in seen
    )
