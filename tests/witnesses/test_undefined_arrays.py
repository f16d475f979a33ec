"""Operations on arrays of exact elements that have no value, and calls that are mistaken."""

import numpy as np
import pytest

from cnn_symbolic.ground.errors import ModeError, ShapeError, UndefinedError
from cnn_symbolic.witnesses.arrays import OPERATIONS
from cnn_symbolic.witnesses.sliding import conv_size, pad_widths, pool_size

X, XW, BATCH, OVERLAY = np.ones((3, 4), int), np.ones((2, 2), int), np.ones((1, 2, 4), int), np.ones((3, 2, 2), int)
GROUPED, GROUPED_OVERLAY = np.ones((1, 2, 2, 4), int), np.ones((2, 3, 2, 2), int)
UNDEFINED = [
    ("correlate", (XW, X), {}),
    ("convolve", (np.ones((4, 1)), np.ones((1, 2))), {"mode": "valid"}),
    ("correlate", (np.ones((0, 2)), np.ones((1, 1))), {"mode": "full"}),
    ("flip", (np.ones((0,)),), {"axes": (0,)}),
    ("pad", (X,), {"widths": ((-1, -2), 0)}),
    ("pad", (X,), {"widths": ((-2, -2), 0)}),
    ("pad", (X,), {"widths": ((-1, 0), 0), "mode": "circular"}),
    ("pad", (X,), {"widths": ((0, 9), 0), "mode": "reflect"}),
    ("crop", (X,), {"start": (0, 0), "shape": (1, 0)}),
    ("crop", (X,), {"start": (0, 0), "shape": (-1, 2)}),
    ("dilate", (X,), {"factors": (0, 1)}),
    ("subsample", (X,), {"factors": (1, -1)}),
    ("sum_axes", (np.ones((2, 0)),), {"axes": (1,)}),
    ("dot", (X, X.T), {}),
    ("tensordot", (X, X), {"axes": ((0,), (1,))}),
    ("tensordot", (X, np.ones((1,))), {"axes": ((0,), (0,))}),
    ("stack", (X, X.T), {}),
    ("constant", (), {"value": 1, "shape": (2, 0)}),
    ("literal", (), {"values": ()}),
    ("broadcast", (X,), {"shape": (3, 5)}),
    ("broadcast", (X,), {"shape": (1, 4)}),
    ("broadcast", (np.array(1),), {"shape": (0,)}),
    ("add", (X, XW), {}),
    ("add", (np.ones((1, 2)), np.ones((3, 1)), np.ones((1, 4))), {}),
    ("multiply", (X, np.ones((2, 1))), {}),
    ("windows", (X,), {"shape": (4, 1)}),
    ("windows", (X,), {"shape": (0, 1)}),
    ("split_axis", (X,), {"axis": 1, "into": (3, 2)}),
    ("split_axis", (X,), {"axis": 1, "into": (-2, -2)}),
    ("conv", (BATCH, OVERLAY[:, :1]), {}),
    ("conv", (BATCH, OVERLAY, np.ones(2)), {}),
    ("conv", (BATCH, OVERLAY), {"dilation": 4}),
    ("conv", (BATCH, OVERLAY), {"stride": 0}),
    ("conv", (BATCH, OVERLAY), {"dilation": 0}),
    ("conv", (BATCH, OVERLAY), {"padding": -1}),
    ("conv", (BATCH, OVERLAY), {"padding": ((2, -1),)}),
    ("conv", (GROUPED, GROUPED_OVERLAY[:1]), {"group_axis": True}),
    ("conv", (GROUPED, GROUPED_OVERLAY[:, :, :1]), {"group_axis": True}),
    ("conv", (GROUPED, GROUPED_OVERLAY, np.ones((3, 2))), {"group_axis": True}),
    ("conv_transpose", (BATCH, OVERLAY), {}),
    ("conv_transpose", (BATCH, OVERLAY.transpose(1, 0, 2), np.ones(2)), {}),
    ("conv_transpose", (BATCH, OVERLAY.transpose(1, 0, 2)), {"padding": 3}),
    ("conv_transpose", (BATCH, OVERLAY.transpose(1, 0, 2)), {"output_padding": -1}),
    ("conv_transpose", (BATCH, OVERLAY.transpose(1, 0, 2)), {"stride": 0}),
    ("conv_transpose", (GROUPED, GROUPED_OVERLAY), {"group_axis": True}),
    ("unfold", (BATCH,), {"overlay": 5}),
    ("unfold", (BATCH,), {"overlay": 0}),
    ("fold", (np.ones((1, 1, 2, 3)),), {"shape": 5}),
    ("fold", (np.ones((1, 1, 2, 3)),), {"shape": 0}),
    ("upsample_nearest", (BATCH,), {"factors": 0}),
    ("pixel_shuffle", (BATCH,), {"factors": 7}),
    ("pixel_shuffle", (BATCH,), {"factors": 0}),
    ("pixel_unshuffle", (BATCH,), {"factors": 7}),
    ("select_pool", (BATCH, np.ones((1, 1, 2, 2))), {}),
    ("select_pool", (BATCH, np.ones((1, 2, 2, 2))), {"stride": 0}),
    ("select_pool", (BATCH, np.ones((1, 2, 2, 2))), {"padding": -1}),
    ("sum_pool", (BATCH,), {"window": 5}),
    ("sum_pool", (BATCH,), {"window": 0}),
    ("sum_pool", (BATCH,), {"window": 7, "stride": 2, "ceil_mode": True}),
    ("sum_pool", (BATCH,), {"window": 2, "padding": -1}),
    ("window_counts", (), {"shape": (4,), "window": 5}),
    ("window_counts", (), {"shape": (4, 0), "window": 1}),
]
MISTAKEN = [
    ("correlate", (X, XW), {"mode": "Valid"}, ModeError),
    ("correlate", (X, [1]), {}, ShapeError),
    ("convolve", (1, 1), {}, ShapeError),
    ("flip", (X,), {"axes": (2,)}, ShapeError),
    ("flip", (X,), {"axes": (0, -2)}, ShapeError),
    ("pad", (X,), {"widths": ((1, 1),)}, ShapeError),
    ("crop", (X,), {"start": (0,), "shape": (1, 1)}, ShapeError),
    ("dilate", (X,), {"factors": 2}, ShapeError),
    ("shift", (X,), {"offsets": (1,)}, ShapeError),
    ("transpose", (X,), {"axes": (0,)}, ShapeError),
    ("sum_axes", (X,), {"axes": (-3,)}, ShapeError),
    ("dot", (1, 2), {}, ShapeError),
    ("tensordot", (X, X), {"axes": ((0, 1), (0,))}, ShapeError),
    ("wrap", (X,), {"axis": 3}, ShapeError),
    ("stack", (), {}, ShapeError),
    ("stack", (X, [1]), {}, ShapeError),
    ("add", (), {}, ShapeError),
    ("add", (X, [1, 2, 3, 4]), {}, ShapeError),
    ("broadcast", ([1, 2],), {"shape": (1, 2)}, ShapeError),
    ("take", (X,), {"at": ()}, ShapeError),
    ("take", (X,), {"at": (0, 0, 0)}, ShapeError),
    ("windows", (X,), {"shape": (2,)}, ShapeError),
    ("split_axis", (X,), {"axis": 2, "into": (1, 1)}, ShapeError),
    ("merge_axes", (X,), {"axis": 1}, ShapeError),
    ("conv", (X, X), {}, ShapeError),
    ("conv", (BATCH, GROUPED_OVERLAY), {}, ShapeError),
    ("conv", (BATCH, OVERLAY), {"padding": "samey"}, ModeError),
    ("conv", (BATCH, OVERLAY), {"padding": (1, 1)}, ShapeError),
    ("conv", (BATCH, OVERLAY), {"stride": (1, 1)}, ShapeError),
    ("conv_transpose", (BATCH, OVERLAY.transpose(1, 0, 2)), {"padding": "same"}, ModeError),
    ("fold", (np.ones((1, 1, 2, 2, 2)),), {"shape": 4}, ShapeError),
    ("select_pool", (BATCH, BATCH), {}, ShapeError),
    ("sum_pool", (X,), {"window": 2}, ShapeError),
]


@pytest.mark.parametrize(("name", "operands", "options"), UNDEFINED)
def test_what_has_no_value_is_undefined(name, operands, options):
    with pytest.raises(UndefinedError):
        OPERATIONS[name](*operands, **options)


@pytest.mark.parametrize(("name", "operands", "options", "error"), MISTAKEN)
def test_mistaken_calls_are_errors_of_another_kind(name, operands, options, error):
    with pytest.raises(error):
        OPERATIONS[name](*operands, **options)


def test_sizes_without_a_value_are_undefined():
    for call in (
        lambda: conv_size(2, 3),
        lambda: conv_size(0, 1),
        lambda: conv_size(2, 0),
        lambda: conv_size(2, 1, stride=0),
        lambda: conv_size(2, 1, padding=-1),
        lambda: conv_size(2, 1, padding=(0, -1)),
        lambda: pool_size(4, 7, stride=2, ceil_mode=True),
        lambda: pad_widths(0, (1,), (1,), (1,), (0,)),
    ):
        with pytest.raises(UndefinedError):
            call()
    with pytest.raises(ShapeError, match="2 axes"):
        pad_widths((1,), (2, 2), 1)
