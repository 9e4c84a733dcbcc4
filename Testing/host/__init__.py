"""A host for the module's tests: Slicer's real engine (slicer-core), with stand-ins for the Qt part of the application.

``pythonqt``  makes PySide6 behave like PythonQt, the binding inside Slicer
``modules``   ``qt``, ``ctk`` and the Slicer modules that ours imports, importable by their names
``layer``     small stand-ins for Slicer's own Python layer; where the environment variable SLICER_PY names the folder
              ``Base/Python`` of a Slicer source tree, the real one is used instead
``data_tree`` the items of the *Data* module
``widgets``   MRML widgets, ``app`` what ``slicer.app`` offers, ``files`` how it loads and saves, ``start`` puts all of
              it together
``window``    the module's panel and Slicer's views in one window, laid out as Slicer's on a laptop: its bars, the
              panel's width, height and scrolling; for pictures, mouse and keys, with light and dark ``palettes``;
              ``fit`` finds what is cut off in a panel
``views``     the layouts: four views at first, real 3D views (``three_d``), real slices (``slice_view``) on demand

Green here does not prove that the module runs in Slicer: PythonQt refuses unknown attributes where PySide6 takes them
(``pythonqt.unknown_attributes`` lists such slips, and no module is unloaded with one), CTK's widgets look and behave in
their own way, and dialogs are only recorded. So the module keeps to what Slicer's own template does.
"""
