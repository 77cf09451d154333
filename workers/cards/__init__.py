"""Reading ID cards (证件识读): a confined child process, and the worker's side of it."""
