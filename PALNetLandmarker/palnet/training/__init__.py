"""Data sets, losses, and the training of landmark models, on synthetic faces or on annotated scans."""
