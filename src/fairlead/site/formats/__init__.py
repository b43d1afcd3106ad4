"""How numbers are written where the schools are: families in the United States read 161,428 and 19.7, in Spanish too."""
