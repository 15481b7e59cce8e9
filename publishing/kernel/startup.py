"""IPython runs this file at the start of every kernel of this environment; it does nothing outside a book."""

import os

if os.environ.get("REPORT_CHAPTER") or os.environ.get("QUARTO_DOCUMENT_FILE"):
    from publishing.kernel import recorder

    recorder.start()
    del recorder
del os
