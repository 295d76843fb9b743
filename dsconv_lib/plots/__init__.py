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
from dsconv_lib.plots.dilated import (
    plot_border as plot_border,
    plot_gridding as plot_gridding,
    plot_interleaved as plot_interleaved,
    plot_taps as plot_taps,
    plot_taps_on_digit as plot_taps_on_digit,
)
from dsconv_lib.plots.loss import (
    plot_confidence as plot_confidence,
    plot_logits as plot_logits,
    plot_loss_curves as plot_loss_curves,
    plot_probability_table as plot_probability_table,
    plot_surprise as plot_surprise,
)
from dsconv_lib.plots.reach import (
    plot_coverage as plot_coverage,
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
