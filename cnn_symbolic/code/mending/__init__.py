"""The line whose change would mend a wrong backward pass: a catalogue of edits of its text, each tried and proved."""

from cnn_symbolic.code.mending.search import Mend, mend

__all__ = ["Mend", "mend"]
