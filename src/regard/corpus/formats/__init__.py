"""File formats that hold more than lines: memories, catalogues, files of translation tools, tables, subtitles, pages.

Each format is one file. Those with both sides have a reader, which gives ``Pair`` values as they come; those that can
be translated in place give a ``Document``, the text of the file with the places where translations go.
"""
