"""Every figure: a vocabulary for all chapters, and in ``chapters`` what one alone needs.

Each function takes ``ax=None`` and returns nothing.
"""

from dsconv_lib.plots.chapters.c01_concepts import plot_connections, plot_window
from dsconv_lib.plots.chapters.c02_separable import plot_separable_cost
from dsconv_lib.plots.chapters.c03_dilated import (
    plot_effective_fields,
    plot_path_counts,
    plot_taps_on_digit,
    plot_walk_back,
)
from dsconv_lib.plots.chapters.c04_loss import plot_confidence, plot_logits
from dsconv_lib.plots.chapters.c05_network import plot_assembly, plot_budget, plot_swapped
from dsconv_lib.plots.chapters.c06_training import (
    plot_accuracy_per_weight,
    plot_confusion,
    plot_paired_seeds,
    plot_reliability,
)
from dsconv_lib.plots.chapters.c07_finetuning import plot_answers, plot_forgetting
from dsconv_lib.plots.chapters.c09_speed import plot_roofline
from dsconv_lib.plots.curves import plot_curves, plot_panels, plot_rows, plot_seeds
from dsconv_lib.plots.diagrams import plot_stages
from dsconv_lib.plots.images import Square, as_sheet, centred, plot_images, plot_table
from dsconv_lib.plots.taps import plot_taps
