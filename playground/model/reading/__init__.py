"""A table read from a file as its owner meant it, step by step; each step is a value that can be shown and tested.

    source       the file's bytes, unpacked, within bounds
    text         their encoding, as UTF-8
    dialect      delimiter, quote, decimal sign, what stands above the data (header: which rows name the columns)
    table        names, and a column of cells each: delimited, spreadsheet, arff, records, arrays
    columns      each column's kind, with its reason (words: what a cell says)
    roles        features and target, and the rows that are used
    encoding     numbers for the network, and how another file becomes the same ones
    reading      all of it, opened with flags, in words
    draft        a file before it is opened: looked at under flags, of a long text by its first part
    again        a second file as the same inputs, for a network that learned from the first
    export       and the way back: CSV and Excel

clevercsv, pandas and python-calamine are imported when a file is opened, not before.
"""
