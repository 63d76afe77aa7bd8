"""One lot's archive (归档包): what the record rests on, in one file that anyone can check offline."""
