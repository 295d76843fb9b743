"""What the chapters of *Depthwise-separable dilated convolution, from zero* share.

Nine rooms, in reading order; each owns one subject, and imports only what stands above it::

    convolution    one layer: what it computes, what it costs, what it sees
    data           from disk to tensors: digits, canvases, photographs
    networks       whole networks, and how they are stored; the trained DSNet
    evaluation     how right, how sure, how fast, and why
    training       what changes weights: training, finetuning, in one process or many
    plots          how every figure is drawn
    instruments    alive in the page: sliders, microscope, stack, pad
    studies        measurements too long for a chapter: run, stored, read
    cli            python -m dsconv_lib train, evaluate, predict, finetune

Import from the room by name: ``from dsconv_lib.convolution import DSConv2d``.
"""
