"""What the chapters of *Depthwise-separable dilated convolution, from zero* share.

Each room owns one thing, and imports point down::

    explorers                     sliders over pictures drawn beforehand
    plots                         style, palette, every figure
    data                          MNIST, and the offline digits that stand in for it
    mnist_files                   MNIST on disk; alone touches disk and network
    layers                        DSConv2d and DSBlock
    cost      receptive_field     plain integers
    checks                        refuses nonsense, in one wording

Import from the room by name: ``from dsconv_lib.layers import DSConv2d``.
"""
