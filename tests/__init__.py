"""The tests; the folders mirror app/, and what needs real tools stands under integration/ and bench/."""
