"""Whole networks, and how they are stored."""

from dsconv_lib.networks.article import ArticleConv, ArticleNet
from dsconv_lib.networks.dsnet import DSNet
from dsconv_lib.networks.segmentation import ASPP, SegNet, TwoScaleNet
from dsconv_lib.networks.storage import count_weights, load_net, load_pretrained, save_net
from dsconv_lib.networks.tied import TiedNet
