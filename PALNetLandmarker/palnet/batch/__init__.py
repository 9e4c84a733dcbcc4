"""Many scans: tasks, processes, resume, tables, the contact sheet, a Dask cluster."""
