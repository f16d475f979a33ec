"""The corpus is read: right passes are proved for all values of their options, and planted mistakes never are.

Which of the right ones are open, and why, is a table here, as is which mistakes are not refuted; one that is missing
there, or there without need, fails. Where mistakes do no harm is told as the corpus has it.
"""

import pytest

from cnn_symbolic.backward.forwards import read_forward
from cnn_symbolic.code.calling import PassCall
from cnn_symbolic.code.proving import prove
from cnn_symbolic.code.reading import File
from cnn_symbolic.layers.definitions import definition
from tests.support.passes.reading import told
from tests.support.passes.right import BY_KEY, RIGHT
from tests.support.passes.wrong import WRONG
from tests.support.thorough import every

PROVED, REFUTED, OPEN = "proved", "refuted", "open"
# Why right passes are open.
OPEN_RIGHT = {
    "poolings:max_pool_mask": "of a maximum one entry is selected in symbols, of equal ones too",
    "poolings:max_pool_repeated": "a maximum over cells that are not a window",
    "poolings:max_pool1d_padded": "a comparison of entries",
}
# Why mistakes are open.
LAST = "has its value from the last pass of a loop"
OPEN_WRONG = {
    "loops:conv2d_bias_in_loops-db-an_accumulator_is_not_reset": "carries a value from one pass of a loop to the next",
    "loops:conv2d_bias_in_loops-db-=_in_place_of_+=": LAST,
    "higher_ranks:conv1d_last_channels-db-=_in_place_of_+=": LAST,
    "im2col:conv_nhwc_rows-dw-=_in_place_of_+=": LAST,
    "dense:linear_in_loops-db-an_accumulator_is_reset_inside": "is overwritten in every pass of a loop",
    "classes:MaxPool2D-dx-=_in_place_of_+=": "an assignment that depends on entries",
    "scatter:conv1d_add_at-dx-cells_that_are_met_several_times_are_counted_once": "hits one entry twice",
    "poolings:max_pool_mask-dx-the_gradient_goes_to_all_cells": OPEN_RIGHT["poolings:max_pool_mask"],
    "poolings:max_pool_mask-dx-the_row_in_place_of_the_column": OPEN_RIGHT["poolings:max_pool_mask"],
    "poolings:max_pool_blocks-dx-the_maximum_is_that_of_a_column": "a maximum over cells that are not a window",
    "poolings:max_pool1d_padded-dx-zeros_as_padding": "a comparison of entries",
    "poolings:max_pool1d_padded-dx-the_last_of_equal_maxima,_not_the_first": "a comparison of entries",
    "poolings:average_pool_backward-dx-the_maximum_in_place_of_the_mean": "a maximum that is not of entries",
    "higher_ranks:max_pool3d_mask-dx-the_maximum_is_that_of_a_layer": "a maximum over cells that are not a window",
    "higher_ranks:upsample3d_slices-dx-some_copies_are_not_summed": "loops of symbolic and of known length",
}
# Mistakes that take long to decide: whether they are in time is a matter of the machine.
LATE = {
    "loops:conv_backward_naive-dx-=_in_place_of_+=",
    "loops:conv2d_two_groups-dx-=_in_place_of_+=",
    "loops:conv2d_one_map-dw-divided_by_the_number_of_positions",
    "im2col:conv_backward_by_indices-dx-cells_that_are_met_several_times_are_counted_once",
    "im2col:conv_backward_by_indices-dx-two_axes_are_exchanged",
    "im2col:Convolution-dw-not_transposed",
    "windows:conv2d_windows_with_stride-dx-=_in_place_of_+=",
    "scatter:conv2d_ix-dx-=_in_place_of_+=",
    "poolings:pool_backward-dx-=_in_place_of_+=",
    "poolings:avg_pool_taps-dx-=_in_place_of_+=",
    "poolings:avg_pool_taps-dx-a_sum_in_place_of_a_mean",
    "normalisation:spatial_backward-dx-reshaped_in_the_wrong_order",
    "normalisation:maps_last_backward-dx-halved_in_a_term",
    "normalisation:maps_last_backward-dx-the_sign_of_a_term",
}
# The default run takes quick ones, the first of every so many.
STEP = 8
# Until when a mistake is waited for, in seconds: longer than it takes on a machine with nothing else to do.
SECONDS = {True: 20.0, False: 60.0}


def name_of(case):
    return getattr(case, "key", "") or f"{case.of}-{case.result}-{case.mistake}".replace(" ", "_")


@pytest.mark.parametrize("right", every(7, RIGHT, ids=name_of))
def test_right_passes_are_proved_for_all_options(right):
    found = told(right)
    expected = OPEN_RIGHT.get(right.key)
    assert found.outcome == (OPEN if expected else PROVED), found
    assert (expected or "") in found.reason


@pytest.mark.parametrize("wrong", every(STEP, WRONG[::4], ids=name_of))
def test_planted_mistakes_are_refuted_and_never_proved(wrong):
    name = name_of(wrong)
    found = told(BY_KEY[wrong.of], wrong, SECONDS[name in LATE])
    assert found.outcome != PROVED, found
    assert found.results.get(wrong.result) != PROVED or found.failing, found
    if found.compared:
        assert found.deviating == (), found
    if name not in LATE:
        expected = OPEN_WRONG.get(name)
        assert found.outcome == (OPEN if expected else REFUTED), found
        assert (expected or "") in found.reason


def test_the_tables_are_of_the_corpus():
    right, wrong = set(map(name_of, RIGHT)), set(map(name_of, WRONG))
    assert set(OPEN_RIGHT) <= right
    assert {*OPEN_WRONG, *LATE} <= wrong


VARYING = """
import numpy as np
def summed(dy, factors):
    return np.sum([dy[:, :, a{}] for a in range(factors)], axis=0)
"""


@pytest.mark.parametrize(("step", "outcome"), [("::factors", PROVED), (":", OPEN), ("::2", OPEN)])
def test_the_members_of_a_list_of_arrays_have_sizes_that_do_not_vary(step, outcome):
    layer = definition(read_forward("upsample_nearest1d(factors=F)"))
    call = PassCall(("dy", "factors"), ("dx",))
    found = prove(File(VARYING.format(step), "mine.py"), "summed", layer, call)
    assert found.outcome == outcome


def test_a_mistake_in_max_pooling_is_not_called_wrong_everywhere():
    text = "def backward(dy, x, window):\n    return dy.repeat(window, axis=2)[:, :, : x.shape[2]] + 0 * x\n"
    layer = definition(read_forward("max_pool1d(window=I, stride=I)"))
    found = prove(File(text, "mine.py"), "backward", layer, PassCall(("dy", "x", "window"), ("dx",)))
    assert {claim.verdict.holds_when for claim in found.results[0].claims if claim.formula is not None} <= {None}
    assert found.outcome == REFUTED
