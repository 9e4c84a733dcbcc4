"""One core for a scan: what numpy's and VTK's own threads are told before either is first loaded."""

ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "VTK_SMP_MAX_THREADS": "1"}
"""Variables of the environment. Threads that wait for each other cost more than they bring, the more so where others
work."""
