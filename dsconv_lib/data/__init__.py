"""From disk to tensors: digits, canvases, photographs."""

from dsconv_lib.data.augmentation import random_affine
from dsconv_lib.data.canvases import COUNT, NUM_CLASSES, Canvases, CanvasStream, make_canvases
from dsconv_lib.data.digits import (
    MEAN,
    STD,
    Digits,
    load_digits,
    load_mnist,
    load_optdigits,
    to_input,
)
from dsconv_lib.data.mnist import MnistDamagedError, MnistUnavailableError, mnist_root
from dsconv_lib.data.photographs import (
    NoDigitError,
    PhotographError,
    SeveralDigitsError,
    normalise,
    read_digit,
)
