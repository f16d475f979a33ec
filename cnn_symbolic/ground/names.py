"""The public names, by the module that each comes from; the face and the language of claims read them here."""

__all__ = ["HOMES"]

HOMES = {
    "backward.check": "BackwardError BackwardReport assert_backward check_backward",
    "claims.reading": "read_claims",
    "backward.forwards": "any_of avg_pool1d avg_pool2d avg_pool3d conv1d conv2d conv3d conv_transpose1d "
    "conv_transpose2d conv_transpose3d linear max_pool1d max_pool2d max_pool3d read_forward upsample_nearest1d "
    "upsample_nearest2d upsample_nearest3d",
    "backward.frameworks": "of_jax of_torch",
    "backward.strategies": "convolution_problems",
    "proofs.check": "check identity",
    "tensors.operations.convolutions": "conv conv_transpose fold merge_axes pixel_shuffle pixel_unshuffle split_axis "
    "unfold upsample_nearest",
    "tensors.operations.geometry": "conv_size pad_widths",
    "proofs.derivation": "Derivation Step",
    "proofs.claiming": "claim prove refute",
    "proofs.settling": "settle_many",
    "tensors.entries": "from_entries sum_over",
    "ground.errors": "CnnSymbolicError",
    "tensors.operations.stacking": "count literal stacked summed take windows",
    "expressions.functions": "And Eq Iverson Max Min Mod Ne Not Or Rational ceiling floor maximum minimum where",
    "expressions.formulas": "sizes widths",
    "tensors.gradients": "cotangent gradient",
    "kernel.search.decide": "decide",
    "kernel.search.size_sets": "preimage sizes_where",
    "kernel.trusted.statement": "state",
    "kernel.trusted.verdicts": "Theorem",
    "kernel.search.verdicts": "HoldsForLiterals Refutation Undecided",
    "layers.catalogue": "AveragePool Convolution ConvolutionalLayer FeatureMap FullyConnectedLayer MaxPool "
    "MaxPoolingMap cross_entropy_of_softmax quadratic_cost",
    "tensors.operations.basic": "apply convolve correlate dilate dot flip function ones outer rot180 shift stack "
    "subsample sum_axes tensordot transpose wrap zeros",
    "tensors.operations.padding": "crop pad",
    "tensors.operations.pooling": "pool_size select_pool sum_pool window_counts",
    "tensors.tensor": "Tensor",
    "tensors.making": "named scalar tensor",
    "tensors.shapes": "shape",
    "tensors.arithmetic": "add broadcast multiply scale",
}
