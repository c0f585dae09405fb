"""The simulated jobs' titles, error messages and refusal reasons."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

TITLES: Mapping[str, Sequence[str]] = {
    "lofi": (
        "Late Night Study", "Rain on the Window, Take 3", "深夜の勉強", "Coffee Before Sunrise",
        "Last Bus Home", "Paper Lanterns", "Soft Focus ☕", "Attic Tapes", "Sunday, Slowly",
        "Notes in the Margin", "窓辺の猫", "Quiet Hours", "Crackle & Dust", "Two Sugars",
    ),
    "synthwave": (
        "Neon Harbour", "Chrome Horizon", "Turbo Arcade 1986", "夜のハイウェイ", "Midnight Coupé",
        "Laser Grid", "Ocean Drive (extended)", "Signal Lost", "Vector Sunset 🌅",
        "Ghost in the VCR",
        "Static Hearts", "Overdrive [demo]",
    ),
    "house": (
        "Warehouse at Four", "Basement Sunrise", "Move With Me", "Late Checkout", "Glass Ceiling",
        "Piano in the Smoke", "Heat Haze", "Четыре утра", "One More Record 🪩", "Floorboards",
        "Keep It Rolling", "Second Wind",
    ),
    "ambient": (
        "Glacier", "Slow Tide", "Breathing Room", "Deep Focus 90", "静けさ", "Weightless Map",
        "Northern Window", "Fog over the Fjord", "Sleep Study II", "Moss", "Halflight",
        "Long Exposure",
    ),
    "waltz": (
        "Waltz for a Small Kitchen", "Letters from Lisbon", "The Clockmaker's Daughter",
        "Autumn in Three", "Petite Valse", "Orchard", "Kleiner Walzer für Óscar", "Windmills",
        "First Snow ❄", "Porch Light", "A Dress She Never Wore",
    ),
    "dnb": (
        "Undertow", "Redline", "Terminal Velocity", "Concrete Garden", "Night Bus 72", "지하철",
        "Pressure Drop 172", "Splinter", "Faultline VIP", "Runaway Train of Thought",
        "Afterimage ⚡",
    ),
    "funk": (
        "Brass Knuckle Sandwich", "Who Took My Chair?", "Sidewalk Strut", "Butter on Both Sides",
        "Extra Change", "Greasy Spoon", "Get Off the Phone", "Mister Backbeat 🕺", "Tight Shoes",
        "The Landlord's Groove", "Loose Screws",
    ),
    "bossa": (
        "Café na Praia", "Saudade in Blue", "Copacabana, 6 a.m.", "Hammock", "Sal e Limão",
        "Tarde Azul", "Postcard from Paraty 🌴", "Low Season", "Quase Verão",
    ),
}  # fmt: skip

LONG_TITLE = (
    "A very long working title for the third movement of the seaside suite, in which the tide goes "
    "out, the gulls argue, and somebody plays an upright piano badly 🎹🌊"
)

FAILURES: Sequence[str] = (
    "Engine out of capacity. Nothing was charged; try again in a few minutes.",
    "The engine stopped answering after 45 s at the mixing stage.",
    "duration_seconds 240 is longer than this engine can make (180).",
    "The seed track mtrack_0b7e5a91c3d2 could not be read: it was deleted.",
    "lyrics: line 7 has 61 syllables; the vocal engine takes at most 40 in one line.",
    "The master came out silent and was discarded (measured loudness below −60 LUFS).",
    "Storage did not accept the finished master (checksum mismatch). Please try again.",
    "style_tags: “gregorian trap” and “ambient trap” contradict each other at this tempo.",
)

REFUSALS: Sequence[str] = (
    "prompt: “in the voice of Taylor Swift” names a living artist. Describe the sound instead.",
    "lyrics: line 4 (“…we all live in a yellow…”) repeats a protected text.",
    "title: “Bohemian Rhapsody” is a protected title.",
    "prompt: the word “Beatles” names a protected band.",
    "lyrics: line 12 contains a threat against a named person.",
    "style_tags: “Hans Zimmer” is a person, not a style. Try “orchestral, wide, slow brass”.",
    "seed_track_id: mtrack_51f0c2d8e6a4 belongs to another organisation.",
)
