"""What changes weights."""

from dsconv_lib.training.distributed import (
    AllReduce,
    Team,
    TeamError,
    TeamNorm2d,
    current_team,
    divide_batch,
    join_team,
)
from dsconv_lib.training.finetuning import (
    WAYS,
    adapt,
    discriminative_groups,
    draw_per_class,
    freeze,
    frozen_statistics,
    gradual_stages,
    learning_parts,
    recipe_for_few,
    trainable_params,
    unfreeze,
)
from dsconv_lib.training.fit import (
    DEFAULT,
    Augment,
    History,
    Recipe,
    evaluate,
    fit,
    within_budget,
)
from dsconv_lib.training.segmentation import (
    class_iou,
    evaluate_segmentation,
    fit_segmentation,
    label_pixels,
    mean_iou,
    pixel_confusion,
)
