"""The charts: each asks one question of a run."""

from playground.ui.loading import finish

finish()  # what they are drawn with may have been half loaded by now
