# Values of tests/science/measurement/test_classrooms.py: R 4.2, clubSandwich 0.5.8 (Debian 12).
suppressMessages(library(clubSandwich))
d <- data.frame(y = c(1, 1, 0, 0, 1, 0, 0, 0, 1, 1, 0, 1, 0, 1, 1, 0, 0, 1, 1, 1, 0, 1),
  g = c(1, 1, 1, 2, 2, 3, 3, 4, 4, 4, 4, 5, 5, 6, 6, 7, 7, 7, 8, 8, 9, 9),
  w = c(2, 2, 2, 1, 1, 3, 3, 1.5, 1.5, 1.5, 1.5, 4, 4, 2, 2, 1, 1, 1, 2.5, 2.5, 3, 3))
for (rows in list(1:11, 12:22)) {
  fit <- lm(y ~ 1, d[rows, ], weights = w)
  r <- coef_test(fit, vcovCR(fit, d$g[rows], "CR2"))
  print(c(r$beta, r$SE, r$df_Satt), digits = 12)
}
