"""The board's end of a controller elsewhere: a keeper that outlives the line, and what attaches to it over stdio.

A session is a folder: what the agent said (the spool), what it is about, a socket that only this user can reach.
"""
