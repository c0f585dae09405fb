"""The least that Textual can be asked for: three empty panes. What first paint is measured by."""

from textual.app import App, ComposeResult
from textual.containers import Horizontal, Vertical
from textual.widgets import Static


class Bare(App[None]):
    """Three bordered, empty panes."""

    CSS = "Static { border: round white; height: 1fr; width: 1fr; }"

    def compose(self) -> ComposeResult:
        with Horizontal():
            jobs = Static(id="jobs")
            jobs.border_title = "Jobs"
            yield jobs
            with Vertical():
                yield Static()
                yield Static()


if __name__ == "__main__":
    Bare().run()
