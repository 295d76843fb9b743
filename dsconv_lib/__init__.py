"""What the chapters of *Depthwise-separable dilated convolution, from zero* share.

Each room owns one thing, and imports point down::

    commands                      python -m dsconv_lib train, evaluate, predict, finetune
    instruments                   they compute in the page: microscope, stack, pad
    explorers                     sliders over pictures drawn beforehand
    plots                         style, palette, every figure
    results                       measurements committed in benchmarks/results
    explanations  filters         which pixels an answer hangs on; what a filter answers to
    finetuning                    freeze, rates by part, few labels
    segmentation_training         the same for pixels, on canvases made while it runs
    training                      fit and evaluate
    distributed                   one batch shared by many processes
    metrics                       confusion, F1, calibration, intervals
    recipes                       what a run is asked for; the one knob for effort
    checkpoints                   files written wholly or not at all
    data                          MNIST, the offline digits that stand in for it, augmentation
    mnist_files                   MNIST on disk; alone touches the network
    photographs                   an image file becomes a digit as MNIST's are
    ink                           where in a picture the digit is
    weights                       the trained DSNet, and its card
    segmentation                  networks that answer at every pixel
    canvases                      several digits on one sheet, every pixel labelled
    faster                        the same layers, rewritten to run faster
    models                        the article's network, and DSNet
    layers                        DSConv2d and DSBlock
    timing                        how long a layer takes, and what the machine could do
    cost      receptive_field     plain integers
    checks                        refuses nonsense, in one wording

Import from the room by name: ``from dsconv_lib.layers import DSConv2d``.
"""
