"""Six meters in a bare Textual app, each a `Static` that is updated ten times a second."""

import math
import time

from textual.app import App, ComposeResult
from textual.widgets import Static


class BareMeters(App[None]):
    """A title and six meters that move."""

    def compose(self) -> ComposeResult:
        yield Static("Meters")
        for number in range(6):
            yield Static(id=f"m{number}")

    def on_mount(self) -> None:
        self.set_interval(0.1, self._move)

    def _move(self) -> None:
        for number in range(6):
            level = (1 + math.sin(time.monotonic() * (1 + number / 3))) / 2
            self.query_one(f"#m{number}", Static).update("━" * round(level * 8))


if __name__ == "__main__":
    BareMeters().run()
