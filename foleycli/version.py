"""The version, in one place: equal to the top entry of CHANGELOG.md (a test holds it)."""

__version__ = "0.1.0"
