"""What changes weights."""

from dsconv_lib.training.distributed import Team, TeamError, TeamNorm2d, join_team
from dsconv_lib.training.finetuning import (
    WAYS,
    adapt,
    discriminative_groups,
    draw_per_class,
    freeze,
    frozen_statistics,
    gradual_stages,
    recipe_for_few,
    recipe_of_stage,
    trainable_params,
    unfreeze,
)
from dsconv_lib.training.fit import DEFAULT, Augment, History, Recipe, fit, within_budget
