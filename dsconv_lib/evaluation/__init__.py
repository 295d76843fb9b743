"""How right, how sure, how fast. Why: in ``explanations``, which loads captum, and ``filters``."""

from dsconv_lib.evaluation.metrics import (
    accuracy_interval,
    calibration_bins,
    class_iou,
    confusion_matrix,
    evaluate,
    evaluate_segmentation,
    expected_calibration_error,
    fit_temperature,
    holm,
    label_pixels,
    mean_iou,
    paired_difference,
    predict_logits,
)
from dsconv_lib.evaluation.timing import Machine, Timing, measure_machine, summarise, time_call
