"""What one chapter alone needs, a file for each chapter that needs something."""
