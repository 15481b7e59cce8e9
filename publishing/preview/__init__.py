"""The book in a browser while it is written: pages follow the files, and an error stands where it is looked at."""
