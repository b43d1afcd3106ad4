# Export Project STAR, kindergarten and first grade, from R's AER package to CSV; scripts/export_star.py makes Parquet of it.
#   Rscript scripts/export_star.R star_kindergarten.csv star_first_grade.csv
# Kept: the children who were in a STAR class in kindergarten (stark present), with or without scores, because those
# without are the attrition. Children who joined in grades 1-3 were not assigned in kindergarten and have no
# kindergarten record.
suppressPackageStartupMessages(library(AER))
data(STAR)
k <- STAR[!is.na(STAR$stark), ]
out <- data.frame(
  child = seq_len(nrow(k)),
  class_type = as.character(k$stark),
  school = as.integer(as.character(k$schoolidk)),
  system = as.integer(as.character(k$systemk)),
  setting = as.character(k$schoolk),
  reading = k$readk,
  math = k$mathk,
  gender = as.character(k$gender),
  ethnicity = as.character(k$ethnicity),
  born = as.numeric(k$birth),
  lunch = as.character(k$lunchk),
  teacher_experience = k$experiencek,
  teacher_degree = as.character(k$degreek),
  teacher_ethnicity = as.character(k$tethnicityk)
)
write.csv(out, commandArgs(trailingOnly = TRUE)[1], row.names = FALSE, na = "")
cat("AER", as.character(packageVersion("AER")), "rows", nrow(out), "\n")

# The same children a year later: the class type of kindergarten is what they were assigned, that of first grade where
# they were. Class type and scores are missing for those who had left.
first <- data.frame(
  child = seq_len(nrow(k)),
  assigned = as.character(k$stark),
  class_type = as.character(k$star1),
  school = as.integer(as.character(k$schoolidk)),
  reading = k$read1,
  math = k$math1,
  kindergarten_reading = k$readk,
  kindergarten_math = k$mathk,
  gender = as.character(k$gender),
  ethnicity = as.character(k$ethnicity),
  born = as.numeric(k$birth),
  lunch = as.character(k$lunchk)
)
write.csv(first, commandArgs(trailingOnly = TRUE)[2], row.names = FALSE, na = "")
