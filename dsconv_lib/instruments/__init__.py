"""Instruments that compute in the page, without a kernel and without a network.

Each is a folder: an ``anywidget`` class that checks what is set, the JavaScript modules that
compute and show, a style sheet, a still picture. ``shared/convolution.js`` is the one place where
the page convolves and counts; ``shared/dom.js`` draws, names and announces.
"""

from dsconv_lib.instruments.dilation_stack import DilationStack
from dsconv_lib.instruments.drawing_pad import DrawingPad
from dsconv_lib.instruments.explorers import browse, picture_of
from dsconv_lib.instruments.microscope import Microscope
