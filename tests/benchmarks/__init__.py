"""Figures: each module measures one thing against another in one run, and prints the ratio."""
