"""How right, how sure, how fast, and why."""

from dsconv_lib.evaluation.explanations import (
    METHODS,
    PAPER,
    STAGES,
    explain,
    randomised,
    rank_correlation,
    removal_curve,
)
from dsconv_lib.evaluation.filters import (
    KINDS,
    carpet,
    depthwise_layers,
    effective_field,
    kernel_shares,
    layer_maps,
    side_that_holds,
    silencing_effects,
    sort_filters,
)
from dsconv_lib.evaluation.metrics import (
    PairedDifference,
    accuracy_interval,
    calibration_bins,
    class_iou,
    class_scores,
    confusion_matrix,
    evaluate,
    evaluate_segmentation,
    expected_calibration_error,
    fit_temperature,
    label_pixels,
    mean_iou,
    paired_difference,
    predict_logits,
)
from dsconv_lib.evaluation.timing import (
    Machine,
    Timing,
    measure_machine,
    summarise,
    time_call,
)
