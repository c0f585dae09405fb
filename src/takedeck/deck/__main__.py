"""`python -m takedeck.deck`: the deck as a process of its own."""

from takedeck.deck.server import main

raise SystemExit(main())
