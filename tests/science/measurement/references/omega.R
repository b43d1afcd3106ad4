# Values of tests/science/measurement/test_omega_krippendorff.py: R 4.2 (factanal), psych 2.2.9, lavaan 0.6-14 (Debian 12).
# Rscript omega.R path/to/holzinger1939_lavaan.csv
suppressMessages({library(lavaan); library(psych)})
options(digits = 12)
d <- read.csv(commandArgs(TRUE)[1])
for (v in list(paste0("x", 1:9), paste0("x", 1:6))) {
  x <- d[, v]
  f <- factanal(x, 1, control = list(opt = list(factr = 1e-2)))
  s <- sapply(x, sd); l <- f$loadings[, 1]; u <- f$uniquenesses
  print(c(omega = sum(l * s)^2 / (sum(l * s)^2 + sum(u * s^2)), chi2 = unname(f$STATISTIC), df = f$dof))
  print(unname(l))
  m <- cfa(paste("f =~", paste(v, collapse = " + ")), x, std.lv = TRUE, likelihood = "wishart")
  print(fitMeasures(m, c("chisq", "df", "rmsea", "cfi", "srmr")))
  e <- parameterEstimates(m)
  a <- sum(e$est[e$op == "=~"])^2; b <- sum(e$est[e$op == "~~" & e$lhs != "f"]); print(a / (a + b))
}
