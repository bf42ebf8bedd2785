"""Bias², variance and noise as one picture."""

import pytest

from playground.training.decompositions import Parts
from playground.ui.plots.variances import MOST_NAME, Variances
from playground.ui.theme import LIGHT


@pytest.mark.parametrize("name", ["layers 64, 64", "layers 4", "λ .01, layers 8", "dropout 0.5", "optimizer rmsprop"])
def test_a_name_is_shortened_only_where_there_is_no_room(qtbot, name):
    parts = Parts(0.1, 0.2, 0.3, 0.6, 0.6, 0.01)
    picture = Variances([(name, parts), ("layers 4", parts)], "", LIGHT)
    qtbot.addWidget(picture)
    assert picture.names[0] == [name, "layers 4"]
    long = Variances([(name * 20, parts)], "", LIGHT)
    qtbot.addWidget(long)
    assert long.names[0][0].endswith("…") and long.names[1] == MOST_NAME
