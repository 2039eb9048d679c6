"""Every error foley raises on purpose, and the exit code that each kind becomes.

    FoleyError                 exit
      UsageError                2    the command line or an argument makes no sense
      InputError                3    the file can't be read, has no picture, or is not what it says
      ModelError                4    a model is missing, damaged, or can't be fetched
      OutputError               5    ffmpeg failed, or the target can't be written

A message is one line: what happened, where, and (after a semicolon) what to try.
Errors of other libraries (PyAV, the Hub, ffmpeg) are translated where they enter, with `raise ... from`.
"""

from __future__ import annotations

EXIT_BATCH_FAILURES = 1
EXIT_INTERRUPTED = 130


class FoleyError(Exception):
    """Base of all errors that a user can do something about."""

    exit_code = 1


class UsageError(FoleyError):
    """The request makes no sense as asked."""

    exit_code = 2


class InputError(FoleyError):
    """A file that was given can't be used."""

    exit_code = 3


class ModelError(FoleyError):
    """A model is missing, damaged, or can't be fetched."""

    exit_code = 4


class OutputError(FoleyError):
    """The result can't be made or written."""

    exit_code = 5
