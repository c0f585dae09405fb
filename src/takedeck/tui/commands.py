"""The one table of commands: name, keys, title, where it applies, and what it does.

Bindings, foot, palette, help page and the README's table of keys are made from it, and the config's
`[keys]` changes it by the names.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from functools import partial
from typing import Any, Final

from textual.app import SystemCommand
from textual.binding import Binding
from textual.keys import Keys, _character_to_key
from textual.screen import Screen

from takedeck.config import OUTPUTS
from takedeck.errors import ConfigError
from takedeck.text import safe_line


class Where(Enum):
    """Where a command's keys work."""

    APP = "everywhere"
    SCREEN = "main screen"
    JOBS = "jobs pane"
    JOB = "job pane"
    TRACK = "track pane"

    def meets(self, other: Where) -> bool:
        """Whether the same key in both places would clash."""
        wide = {Where.APP, Where.SCREEN}
        return self is other or self in wide or other in wide


@dataclass(frozen=True, slots=True)
class Command:
    """One thing the user can do.

    `keys` are Textual's names, separated by commas. `foot` is the command's word in the footer;
    neighbours with the same word share it. `more` follows the key there, and `shown` replaces the
    key. `action` is a Textual action.
    """

    name: str
    keys: str
    title: str
    where: Where
    action: str
    foot: str | None = None
    shown: str | None = None
    more: str = ""

    def binding(self) -> Binding:
        """The Textual binding; its id is the name, by which a keymap changes the keys."""
        return Binding(
            self.keys,
            self.action,
            self.title,
            id=self.name,
            show=self.foot is not None,
            key_display=self.shown,
            group=_GROUPS.get(self.foot or ""),
        )


_GROUPS: Final = {word: Binding.Group(word, compact=True) for word in ("Status",)}
"""The words in the footer that several commands share."""

_ALT_DIGITS: Final = (
    "inverted_exclamation_mark", "trade_mark_sign", "pound_sign", "infinity", "section_sign",
    "pilcrow_sign", "bullet", "feminine_ordinal_indicator", "masculine_ordinal_indicator",
)  # fmt: skip
"""What Textual makes of alt with 1 to 9 where the terminal does not speak kitty's protocol: it
sends ESC and the digit, which is read as the sign that a Mac's keyboard has there."""

COMMANDS: Final = (
    Command("open", "enter", "Open", Where.JOBS, "open", foot="Open"),
    Command("down", "j,down", "Down", Where.JOBS, "move(1)"),
    Command("up", "k,up", "Up", Where.JOBS, "move(-1)"),
    Command("page_down", "pagedown,ctrl+d", "Page down", Where.JOBS, "page(1)"),
    Command("page_up", "pageup,ctrl+u", "Page up", Where.JOBS, "page(-1)"),
    Command("newest", "g", "Newest", Where.JOBS, "top"),
    Command("oldest", "G,end", "Oldest known", Where.JOBS, "bottom"),
    Command("down", "j,down", "Down", Where.JOB, "move(1)"),
    Command("up", "k,up", "Up", Where.JOB, "move(-1)"),
    Command("newest", "g", "To the top", Where.JOB, "scroll_home"),
    Command("oldest", "G", "To the end", Where.JOB, "scroll_end"),
    Command("down", "j,down", "Down", Where.TRACK, "move(1)"),
    Command("up", "k,up", "Up", Where.TRACK, "move(-1)"),
    Command(
        "previous_status", "left_square_bracket", "Previous status", Where.SCREEN, "filter(-1)",
        foot="Status", shown="[",
    ),
    Command(
        "next_status", "right_square_bracket", "Next status", Where.SCREEN, "filter(1)",
        foot="Status", shown="]",
    ),
    Command("search", "slash", "Search", Where.SCREEN, "search", foot="Search", shown="/"),
    Command("add_jobs", "a", "Add jobs by their ids", Where.SCREEN, "add"),
    Command("play_latest", "p", "Play the newest result", Where.SCREEN, "play_latest"),
    Command("refresh", "r", "Refresh", Where.SCREEN, "refresh_all"),
    Command("copy", "y", "Copy", Where.SCREEN, "copy"),
    Command("left_pane", "h", "Left pane", Where.SCREEN, "pane(-1)"),
    Command("right_pane", "l", "Right pane", Where.SCREEN, "pane(1)"),
    Command("next_pane", "tab", "Next pane", Where.SCREEN, "round(1)"),
    Command("previous_pane", "shift+tab", "Previous pane", Where.SCREEN, "round(-1)"),
    Command("zoom", "z", "Zoom the pane", Where.SCREEN, "zoom"),
    Command("open", "enter", "Open", Where.SCREEN, "open_here"),
    Command("back", "escape", "Back", Where.SCREEN, "back"),
    Command("play_pause", "space", "Play or pause", Where.SCREEN, "play_or_pause", foot="Play"),
    Command("stop", "full_stop", "Stop", Where.SCREEN, "stop", shown="."),
    Command("back_5", "left", "Back 5 s", Where.SCREEN, "seek(-5)"),
    Command("forward_5", "right", "Forward 5 s", Where.SCREEN, "seek(5)"),
    Command("back_30", "shift+left,(", "Back 30 s", Where.SCREEN, "seek(-30)"),
    Command("forward_30", "shift+right,)", "Forward 30 s", Where.SCREEN, "seek(30)"),
    Command("to_start", "home", "To the start", Where.SCREEN, "restart"),
    Command("louder", "plus,equals_sign", "Louder", Where.SCREEN, "volume(5)", shown="+"),
    Command("softer", "minus", "Softer", Where.SCREEN, "volume(-5)", shown="-"),
    Command("solo_stem", "s", "Solo", Where.SCREEN, "solo"),
    Command("mute_stem", "m", "Mute", Where.SCREEN, "mute"),
    Command("stems", "0", "Stems or master", Where.SCREEN, "source", foot="Stems"),
    Command(
        "mute_1", "1", "Mute stem 1", Where.SCREEN, "mute_number(1)", foot="Mute", more="-9"
    ),
    *(
        Command(f"mute_{n}", str(n), f"Mute stem {n}", Where.SCREEN, f"mute_number({n})")
        for n in range(2, 10)
    ),
    Command(
        "solo_number", "S", "Solo by number", Where.SCREEN, "solo_next", foot="Solo", more=" 1-9"
    ),
    *(
        Command(
            f"solo_{n}", f"alt+{n},{_ALT_DIGITS[n - 1]}", f"Solo stem {n}", Where.SCREEN,
            f"solo_number({n})",
        )
        for n in range(1, 10)
    ),
    Command("clear_mix", "C", "Clear all mutes and solos", Where.SCREEN, "clear_mix"),
    Command("reset_gains", "Z", "Reset all gains", Where.SCREEN, "reset_gains"),
    Command("stem_softer", "{", "Stem softer", Where.SCREEN, "gain(-1)"),
    Command("stem_louder", "}", "Stem louder", Where.SCREEN, "gain(1)"),
    Command("loop_in", "I", "Loop from here", Where.SCREEN, "loop_in"),
    Command("loop_out", "O", "Loop to here", Where.SCREEN, "loop_out"),
    Command("loop", "L", "Loop on or off", Where.SCREEN, "loop"),
    Command("next_track", "greater_than_sign", "Next track", Where.SCREEN, "track(1)"),
    Command("previous_track", "less_than_sign", "Previous track", Where.SCREEN, "track(-1)"),
    Command("next_version", "v", "Next version", Where.SCREEN, "version(1)", foot="Version"),
    Command("previous_version", "V", "Version before", Where.SCREEN, "version(-1)"),
    Command("null_test", "N", "Null test", Where.SCREEN, "null_test"),
    Command("help", "question_mark,f1", "Help", Where.APP, "help", foot="Help", shown="?"),
    Command("profile", "ctrl+o", "Switch the profile", Where.APP, "profiles"),
    Command("own_key", "U", "Use my own key", Where.APP, "own_key"),
    Command("palette", "colon,ctrl+p", "All commands", Where.APP, "command_palette"),
    Command("quit", "q", "Quit", Where.APP, "quit", foot="Quit"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the help page and of the README's table: commands, and what they do.

    `more` is what the README says instead. `also` are keys that are no command of ours. `needs` is
    what the API must have: "stems", or "several" tracks of a job.
    """

    names: tuple[str, ...]
    text: str
    more: str | None = None
    also: tuple[str, ...] = ()
    needs: str | None = None


HELP: Final[tuple[tuple[str, tuple[Row, ...]], ...]] = (
    (
        "Jobs",
        (
            Row(("down", "up"), "move"),
            Row(("newest", "oldest"), "newest, oldest known"),
            Row(("open",), "open and play",
                "open the job's track and play it; on the open one, play or pause"),
            Row(("play_latest",), "play the newest result",
                "play the job that succeeded last"),
            Row(("previous_status", "next_status"), "filter by status"),
            Row(("search",), "search",
                "search: `status:failed mode:focus engine:studio some words`"),
            Row(("refresh",), "refresh jobs and links",
                "refresh the jobs, and renew the open track's links"),
            Row(("add_jobs", "copy"), "add jobs by id, copy id or error",
                "add jobs by their ids, typed or pasted; copy the id, or the error"),
        ),
    ),
    (
        "Transport",
        (
            Row(("play_pause", "stop"), "play or pause, stop"),
            Row(("back_5", "forward_5", "to_start"), "back, forward 5 s, to the start"),
            Row(("back_30", "forward_30"), "back, forward 30 s"),
            Row(("louder", "softer"), "volume"),
            Row(("loop_in", "loop_out", "loop"), "loop from here, to here, on/off"),
            Row(("previous_track", "next_track"), "previous, next track of the list"),
            Row(("next_version", "previous_version"), "the other track of the job",
                "the next, the previous track of a job with several, at the same second",
                needs="several"),
        ),
    ),
    (
        "Stems",
        (
            Row(("stems",), "master ↔ stems", "master ↔ stems, at the same instant",
                needs="stems"),
            Row(("mute_1", "mute_9"), "mute or unmute that stem", needs="stems"),
            Row(("solo_number",), "then 1 … 9: solo that stem",
                "then `1` … `9`: solo that stem (`alt+1` … too)", needs="stems"),
            Row(("mute_stem", "solo_stem"), "mute, solo under the cursor",
                "mute, solo the stem under the cursor", needs="stems"),
            Row(("stem_softer", "stem_louder"), "its gain, 1 dB down, up", needs="stems"),
            Row(("clear_mix", "reset_gains"), "clear mutes/solos, reset gains",
                "clear mutes and solos, reset gains", needs="stems"),
            Row(("null_test",), "null test: master minus stems",
                "null test: what is left of the master without its stems", needs="stems"),
        ),
    ),
    (
        "Everywhere",
        (
            Row(("next_pane", "left_pane", "right_pane", "back"), "panes, back"),
            Row(("zoom",), "zoom the pane, and back"),
            Row(("profile",), "profiles", "switch the profile"),
            Row(("own_key",), "use my own key", "use my own key: what to set, and check one"),
            Row(("palette", "help"), "all commands, this page", "all commands, help"),
            Row(("quit",), "quit", also=("ctrl+c twice",)),
        ),
    ),
)  # fmt: skip

_SHOWN: Final = {
    "left": "←", "right": "→", "up": "↑", "down": "↓", "shift+left": "shift+←",
    "shift+right": "shift+→", "escape": "esc", "f1": "F1",
}  # fmt: skip
_SIGNS: Final = {_character_to_key(sign): sign for sign in "[]/.+-=(){}<>?:"}


_FOOT: Final = {command.action: command.foot for command in COMMANDS if command.foot}


_MORE: Final = {command.action: command.more for command in COMMANDS}


def foot_more(binding: Binding) -> str:
    """What the footer says after the key: the keys that may follow it."""
    return _MORE.get(binding.action, "")


def foot_word(binding: Binding) -> str:
    """The word of a binding in the footer."""
    return _FOOT.get(binding.action, binding.description)


def readme_table() -> str:
    """The README's table of keys."""
    lines = []
    for row in (row for _, section in HELP for row in section):
        keys = [key if key == "…" else f"`{key}`" for key in keys_text(row, {})]
        lines.append(f"| {' '.join(keys)} | {row.more or row.text} |")
    return "\n".join(("| Key | Does |", "| --- | --- |", *lines))


def bindings(where: Where) -> list[Binding]:
    """The bindings of the commands that apply there."""
    return [command.binding() for command in COMMANDS if command.where is where]


def key_text(key: str) -> str:
    """A key's name as it is printed: the sign on it, where it has one."""
    return _SHOWN.get(key) or _SIGNS.get(key) or key


def keys_text(row: Row, keymap: Mapping[str, str]) -> list[str]:
    """The keys of a row as they are printed, the first of each command, then the second ones."""
    several = [_keys_of(name, keymap).split(",") for name in row.names]
    if row.names == ("mute_1", "mute_9"):
        return [key_text(several[0][0]), "…", key_text(several[1][0])]
    longest = max(len(keys) for keys in several)
    firsts = [keys[at] for at in range(longest) for keys in several if at < len(keys)]
    hidden = ("equals_sign", "end")
    return [key_text(key) for key in firsts if key not in hidden] + list(row.also)


def first_keys(names: Iterable[str], keymap: Mapping[str, str]) -> str:
    """The first key of each of these commands as it is printed, with spaces between."""
    return " ".join(key_text(_keys_of(name, keymap).split(",")[0]) for name in names)


def _keys_of(name: str, keymap: Mapping[str, str]) -> str:
    own = next(command.keys for command in COMMANDS if command.name == name)
    return keymap.get(name, own)


def keymap_of(wanted: Mapping[str, str], sources: Mapping[str, str]) -> dict[str, str]:
    """Textual's keymap of the config's `[keys]`: the keys of each command that is named there.

    `sources` says where each is set, as `Settings.sources` does.

    Raises:
        ConfigError: an unknown command, an unknown key, or a key that two commands
            would share; it says where it stands.
    """
    try:
        return _keymap_of(wanted)
    except _BadKeys as fault:
        where = sources.get(f"keys.{fault.name}", "[keys]")
        raise ConfigError(
            f"{where}: {safe_line(fault.name, 40)}: {fault.what}.", next_step=fault.then
        ) from None


class _BadKeys(Exception):
    """The keys of one command cannot be used: what is wrong, and what to do."""

    def __init__(self, name: str, what: str, then: str) -> None:
        super().__init__(what)
        self.name = name
        self.what = what
        self.then = then


def _keymap_of(wanted: Mapping[str, str]) -> dict[str, str]:
    names = {command.name for command in COMMANDS}
    keymap: dict[str, str] = {}
    for name, keys in wanted.items():
        if name not in names:
            raise _BadKeys(
                name, "there is no such command", "`takedeck config keys` lists all of them."
            )
        parsed = [_parsed(name, key.strip()) for key in keys.split(" ") if key.strip()]
        if not parsed:
            raise _BadKeys(name, "it names no key", 'Write one, as in `mute_stem = "m"`.')
        keymap[name] = ",".join(parsed)
    _no_clash(keymap)
    return keymap


def _parsed(name: str, key: str) -> str:
    """Textual's name of a key as people write it: a sign, or a word with or without modifiers."""
    *modifiers, last = key.split("+") if len(key) > 1 else [key]
    known = {each.value for each in Keys} | {"space"}
    single = len(last) == 1 and last.isprintable() and not last.isspace()
    if not set(modifiers) <= {"ctrl", "shift", "alt"} or not (single or last in known):
        raise _BadKeys(
            name, f"there is no key {safe_line(key, 20)}", "Write it as in `m`, `f5` or `ctrl+t`."
        )
    return "+".join([*modifiers, _character_to_key(last) if single else last])


def _no_clash(keymap: Mapping[str, str]) -> None:
    for name in keymap:
        for command in (each for each in COMMANDS if each.name == name):
            for other in COMMANDS:
                if other.name == name or not command.where.meets(other.where):
                    continue
                keys = set(keymap[name].split(","))
                shared = keys & set(keymap.get(other.name, other.keys).split(","))
                if shared:
                    key = key_text(min(shared))
                    raise _BadKeys(
                        name,
                        f"{key} is the key of {other.name} ({other.title.lower()}) too",
                        f"Choose another key, or give {other.name} another one as well.",
                    )


def table(keymap: Mapping[str, str]) -> list[tuple[str, str, str]]:
    """Each command's name, its keys as they are printed, and its title, each name once."""
    rows: dict[str, tuple[str, str, str]] = {}
    for command in COMMANDS:
        keys = " ".join(key_text(key) for key in _keys_of(command.name, keymap).split(","))
        rows.setdefault(command.name, (command.name, keys, command.title))
    return list(rows.values())


# --- the palette


def key_commands(screen: Screen[Any]) -> Iterator[SystemCommand]:
    """One command for each key of the screen that is not about the palette itself."""
    seen: set[str] = set()
    for node, binding, enabled, _ in screen.active_bindings.values():
        if not enabled or binding.system or not binding.id or binding.id in seen:
            continue
        if binding.id in ("palette", "quit"):
            continue
        seen.add(binding.id)
        key = screen.app.get_key_display(binding)
        run = partial(screen.app.run_action, binding.action, default_namespace=node)
        yield SystemCommand(binding.description, f"Key: {key}", run)


def output_commands(choose: Callable[[str], None]) -> Iterator[SystemCommand]:
    """One command for each kind of output."""
    for kind in OUTPUTS:
        yield SystemCommand(f"Output: {kind}", _OUTPUTS[kind], partial(choose, kind))


def profile_commands(
    names: Iterable[str], choose: Callable[[str], None]
) -> Iterator[SystemCommand]:
    """One command for each profile that is not shown."""
    for name in names:
        shown = safe_line(name, 40)
        yield SystemCommand(f"Profile: {shown}", "Show its jobs instead", partial(choose, name))


_OUTPUTS = {
    "auto": "The sound device; silence where there is none",
    "device": "The sound device",
    "simpleaudio": "The simpleaudio player, where it is installed and works",
    "null": "Silence, on the clock",
}
