"""The converter of the reference data: `python -m app.data.build RAW_DIRECTORY`, see `__main__.py`.

One module for each file that it writes: `units`, `awards`, `authorities` (its rows stand in `bodies`), `documents`
(with `laws`), `campaigns` (with `lineages` and `plans`) and `figures`. `common` is shared by all.
"""
