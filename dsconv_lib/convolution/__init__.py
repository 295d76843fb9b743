"""One layer: what it computes, what it costs, what it sees."""

from dsconv_lib.convolution.cost import Cost, conv2d_cost, conv2d_intensity, dsconv2d_cost
from dsconv_lib.convolution.field import ReceptiveField
from dsconv_lib.convolution.layers import DSBlock, DSConv2d
from dsconv_lib.convolution.receptive_field import (
    effective_kernel,
    has_holes,
    output_size,
    path_counts,
    receptive_field,
)
from dsconv_lib.convolution.rewrites import fold_blocks, polyphase_conv2d
