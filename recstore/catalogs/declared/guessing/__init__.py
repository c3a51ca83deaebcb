"""`recstore init`: guesses the declaration of a catalogue from the columns of its sources.

`opening` opens the sources, `profiles` counts what each column holds, and `words` knows what names of columns mean.
`linking` and `joining` find which tables belong together; `items` and `interactions` guess what their columns mean.
`seen` says what is there and `drafts` writes it down as TOML; `guess` runs them all. Catalogues that are declared do
not need this room.
"""
