"""``python -m dsconv_lib train|evaluate|predict|finetune``: one line per error, no traceback."""

from dsconv_lib.cli.commands import main
