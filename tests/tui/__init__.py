"""The app on a real simulator, driven by keys and mouse."""
