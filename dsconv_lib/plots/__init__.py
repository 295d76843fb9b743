"""Style, palette, every figure. Each function takes ``ax=None`` and returns nothing."""

from dsconv_lib.plots.chapters.c01_concepts import plot_connections, plot_window
from dsconv_lib.plots.chapters.c02_separable import plot_separable_cost
from dsconv_lib.plots.chapters.c03_dilated import plot_taps_on_digit
from dsconv_lib.plots.chapters.c04_loss import plot_confidence, plot_logits
from dsconv_lib.plots.chapters.c05_network import plot_assembly, plot_budget, plot_swapped
from dsconv_lib.plots.curves import (
    plot_bars,
    plot_curves,
    plot_panels,
    plot_rows,
    plot_seeds,
)
from dsconv_lib.plots.dense import (
    plot_agreement,
    plot_answers,
    plot_canvases,
    plot_class_iou,
    plot_looked_at,
    plot_schedule_at_work,
    plot_schedules,
)
from dsconv_lib.plots.diagrams import plot_stages
from dsconv_lib.plots.evaluation import (
    plot_confusion,
    plot_differences,
    plot_mistakes,
    plot_reliability,
)
from dsconv_lib.plots.faq import (
    plot_pruned_kernels,
    plot_pruning,
)
from dsconv_lib.plots.finetuning import (
    plot_adapted,
    plot_few_labels,
    plot_forgetting,
    plot_grey_levels,
    plot_leak,
    plot_three_sources,
)
from dsconv_lib.plots.images import Square, as_sheet, centred, plot_images, plot_table
from dsconv_lib.plots.inside import (
    plot_fields,
    plot_kernel_parts,
    plot_layer_maps,
    plot_map_grid,
    plot_redrawn,
    plot_removal,
    plot_sorted_filters,
)
from dsconv_lib.plots.phone import (
    plot_bits,
    plot_occlusion,
    plot_off_centre,
)
from dsconv_lib.plots.speed import (
    plot_growth,
    plot_macs_and_time,
    plot_roofline,
    plot_sweeps,
    plot_times,
)
from dsconv_lib.plots.taps import plot_path_counts, plot_taps, plot_walk_back
from dsconv_lib.plots.training import (
    plot_accuracy_per_weight,
    plot_history,
    plot_paired_seeds,
    plot_schedule,
    plot_sensitivity,
    plot_versions,
)
