"""Style, palette, every figure. Each function takes ``ax=None`` and returns nothing."""

from dsconv_lib.plots.concepts import (
    plot_connections as plot_connections,
    plot_kernels as plot_kernels,
    plot_nine_products as plot_nine_products,
    plot_spread as plot_spread,
    plot_window as plot_window,
    plot_wires as plot_wires,
    plot_zoom as plot_zoom,
)
from dsconv_lib.plots.dense import (
    plot_agreement as plot_agreement,
    plot_answers as plot_answers,
    plot_canvases as plot_canvases,
    plot_class_iou as plot_class_iou,
    plot_looked_at as plot_looked_at,
    plot_schedule_at_work as plot_schedule_at_work,
    plot_schedules as plot_schedules,
)
from dsconv_lib.plots.dilated import (
    plot_border as plot_border,
    plot_gridding as plot_gridding,
    plot_interleaved as plot_interleaved,
    plot_taps as plot_taps,
    plot_taps_on_digit as plot_taps_on_digit,
)
from dsconv_lib.plots.evaluation import (
    plot_confusion as plot_confusion,
    plot_differences as plot_differences,
    plot_mistakes as plot_mistakes,
    plot_reliability as plot_reliability,
)
from dsconv_lib.plots.faq import (
    plot_pruned_kernels as plot_pruned_kernels,
    plot_pruning as plot_pruning,
)
from dsconv_lib.plots.finetuning import (
    plot_adapted as plot_adapted,
    plot_few_labels as plot_few_labels,
    plot_forgetting as plot_forgetting,
    plot_grey_levels as plot_grey_levels,
    plot_leak as plot_leak,
    plot_three_sources as plot_three_sources,
)
from dsconv_lib.plots.inside import (
    plot_fields as plot_fields,
    plot_kernel_parts as plot_kernel_parts,
    plot_layer_maps as plot_layer_maps,
    plot_map_grid as plot_map_grid,
    plot_redrawn as plot_redrawn,
    plot_removal as plot_removal,
    plot_sorted_filters as plot_sorted_filters,
)
from dsconv_lib.plots.instruments_dilation_stack import (
    plot_dilation_stack as plot_dilation_stack,
)
from dsconv_lib.plots.instruments_drawing_pad import plot_reading as plot_reading
from dsconv_lib.plots.instruments_microscope import plot_microscope as plot_microscope
from dsconv_lib.plots.loss import (
    plot_confidence as plot_confidence,
    plot_logits as plot_logits,
    plot_loss_curves as plot_loss_curves,
    plot_probability_table as plot_probability_table,
    plot_surprise as plot_surprise,
)
from dsconv_lib.plots.network import (
    plot_assembly as plot_assembly,
    plot_budget as plot_budget,
    plot_first_maps as plot_first_maps,
    plot_mends as plot_mends,
    plot_reach as plot_reach,
    plot_swapped as plot_swapped,
)
from dsconv_lib.plots.phone import (
    plot_bits as plot_bits,
    plot_occlusion as plot_occlusion,
    plot_off_centre as plot_off_centre,
)
from dsconv_lib.plots.reach import (
    plot_effective as plot_effective,
    plot_path_counts as plot_path_counts,
    plot_walk_back as plot_walk_back,
)
from dsconv_lib.plots.separable import (
    plot_channels as plot_channels,
    plot_decoupling as plot_decoupling,
    plot_factored_grid as plot_factored_grid,
    plot_kernel_grid as plot_kernel_grid,
    plot_rank_trap as plot_rank_trap,
    plot_separable_cost as plot_separable_cost,
    plot_two_stages as plot_two_stages,
)
from dsconv_lib.plots.speed import (
    plot_growth as plot_growth,
    plot_macs_and_time as plot_macs_and_time,
    plot_roofline as plot_roofline,
    plot_sweeps as plot_sweeps,
    plot_times as plot_times,
)
from dsconv_lib.plots.training import (
    plot_accuracy_per_weight as plot_accuracy_per_weight,
    plot_history as plot_history,
    plot_paired_seeds as plot_paired_seeds,
    plot_schedule as plot_schedule,
    plot_sensitivity as plot_sensitivity,
    plot_versions as plot_versions,
)
