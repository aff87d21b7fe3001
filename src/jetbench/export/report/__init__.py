"""A report of one or more recordings: the lab's tables, plots, how it was measured, what follows and what may be wrong.

``content`` makes the text from the results documents, ``plots`` the pictures from the sessions, ``html`` and
``markdown`` one file out of both. Nothing comes from elsewhere than the recordings.
"""
