"""Instruments that compute in the page, without a kernel and without a network.

Each is an ``anywidget`` class with a JavaScript module of its own beside it; Python checks what is
set, the page computes what is shown. ``arithmetic.js`` is the one place where the page convolves
and counts; ``frame.js`` draws, names and announces; ``instrument.css`` gives the colours.
"""
