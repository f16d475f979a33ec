"""A small network of the numeric layers learns the digits of scikit-learn: python -m cnn_symbolic.witnesses.digits

A convolutional layer of 16 maps with 3×3 overlays, max pooling with 2×2 windows, and a fully connected
layer of 10 neurons with softmax and cross-entropy, trained one image at a time. The gradients are not
only right, they learn. Needs scikit-learn, which the extra `test` installs.
"""

from __future__ import annotations

import sys
import time

import numpy as np

from cnn_symbolic.ground.errors import CnnSymbolicError
from cnn_symbolic.witnesses.numeric import ConvolutionalLayer, FullyConnectedLayer, MaxPoolingMap, relu, relu_prime

MAPS, OVERLAY, WINDOW, CLASSES = 16, (3, 3), (2, 2), 10
HELD_OUT, ROUNDS, STEP_SIZE = 360, 12, 0.02


class Network:
    """Convolution, max pooling and a fully connected layer, with He's initial scale for the weights."""

    def __init__(self, image_shape: tuple[int, int], random: np.random.Generator) -> None:
        self.maps = ConvolutionalLayer(np.zeros((1, *image_shape)), OVERLAY, MAPS, random, (relu, relu_prime))
        self.pool = MaxPoolingMap(np.zeros(self.maps.feed_forward().shape), WINDOW)
        identity = (lambda z: z, np.ones_like)
        self.classes = FullyConnectedLayer(self.pool.feed_forward(), CLASSES, random, identity)
        for layer in (self.maps, self.classes):
            layer.w = layer.w * np.sqrt(2 / layer.w[0].size)
            layer.b = layer.b * 0

    def probabilities(self, image: np.ndarray) -> np.ndarray:
        """Return the softmax over the classes, a column, for an image of shape (8, 8)."""
        pooled = self.pool.feed_forward(self.maps.feed_forward(image[None]))
        z = self.classes.feed_forward(pooled)
        exponentials = np.exp(z - z.max())
        softmax: np.ndarray = exponentials / exponentials.sum()
        return softmax

    def learn(self, image: np.ndarray, digit: int, step_size: float) -> None:
        """Take one step: the gradient of the cross-entropy of the softmax is p − y."""
        y = (np.arange(CLASSES) == digit).astype(float)[:, None]
        pooled_gradient = self.classes.propagate_backward(self.probabilities(image) - y, step_size)
        self.maps.propagate_backward(self.pool.propagate_backward(pooled_gradient), step_size)

    def accuracy(self, images: np.ndarray, digits: np.ndarray) -> float:
        """Return the share of images whose most probable class is their digit."""
        found = [int(self.probabilities(image).argmax()) for image in images]
        return float(np.mean(found == digits))


def load() -> tuple[np.ndarray, np.ndarray]:
    """Return the 1,797 images of shape (8, 8), scaled to 0 … 1, and their digits, in a fixed random order.

    Raises CnnSymbolicError where scikit-learn is not installed.
    """
    try:
        from sklearn.datasets import load_digits
    except ImportError as error:
        raise CnnSymbolicError("the digits are scikit-learn's: install cnn-symbolic[test]") from error
    bunch = load_digits()
    order = np.random.default_rng(0).permutation(len(bunch.target))
    return bunch.images[order] / 16.0, bunch.target[order]


def train(rounds: int = ROUNDS, seed: int = 1) -> tuple[Network, float]:
    """Train a network on all but 360 digits; return it with its accuracy on those that were held out."""
    images, digits = load()
    random = np.random.default_rng(seed)
    network = Network((images.shape[1], images.shape[2]), random)
    learned, held_out = slice(HELD_OUT, None), slice(None, HELD_OUT)
    for round_ in range(rounds):
        step_size = STEP_SIZE * (1 - round_ / rounds)
        for at in random.permutation(len(images) - HELD_OUT) + HELD_OUT:
            network.learn(images[at], int(digits[at]), step_size)
        print(
            f"round {round_ + 1:2} of {rounds}: {network.accuracy(images[learned], digits[learned]):.1%} of the learned"
        )
    return network, network.accuracy(images[held_out], digits[held_out])


def main() -> None:
    """Train, and print the accuracy on held-out digits and the time it took."""
    start = time.perf_counter()
    try:
        _, accuracy = train()
    except CnnSymbolicError as error:
        print(f"cnn-symbolic: {error}", file=sys.stderr)
        raise SystemExit(2) from None
    print(f"{accuracy:.1%} of {HELD_OUT} held-out digits, in {time.perf_counter() - start:.0f} s")


if __name__ == "__main__":
    main()
