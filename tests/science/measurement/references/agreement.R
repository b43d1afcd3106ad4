# Values of tests/science/measurement: R 4.2, psych 2.2.9, survey 4.1-1, clubSandwich 0.5.8 (Debian 12).
# Rscript agreement.R path/to/holzinger1939_lavaan.csv
suppressMessages({library(psych); library(survey); library(clubSandwich)})
options(digits = 12)
path <- commandArgs(TRUE)[1]
shrout <- matrix(c(9, 2, 5, 8, 6, 1, 3, 2, 8, 4, 6, 8, 7, 1, 2, 6, 10, 5, 6, 9, 6, 2, 4, 7), ncol = 4, byrow = TRUE)
print(ICC(shrout, lmer = FALSE)$results)
x <- read.csv(path)[, paste0("x", 1:9)]
for (items in list(1:9, 1:3)) {
  a <- suppressWarnings(psych::alpha(x[, items], check.keys = FALSE))
  print(a$total); print(unlist(a$feldt[c("lower.ci", "upper.ci")]), digits = 12); print(a$alpha.drop$raw_alpha); print(a$item.stats$r.drop)
}
holes <- x; holes[cbind(seq(1, 301, 7), rep(1:9, length.out = 43))] <- NA
print(sum(!complete.cases(holes)))
print(psych::alpha(cov(holes, use = "pairwise"), n.obs = 301)$total$raw_alpha)
print(suppressWarnings(psych::alpha(holes[complete.cases(holes), ]))$total$raw_alpha)
# Cohen's weighted kappa as psych's help has it, after Cohen (1968)
cohen <- matrix(c(0.44, 0.07, 0.09, 0.05, 0.20, 0.05, 0.01, 0.03, 0.06), ncol = 3, byrow = TRUE)
w <- matrix(c(0, 1, 3, 1, 0, 6, 3, 6, 0), ncol = 3)
print(cohen.kappa(cohen, w, n.obs = 200))
fleiss <- matrix(c(75, 1, 4, 5, 4, 1, 0, 0, 10), ncol = 3, byrow = TRUE)
k <- cohen.kappa(fleiss, w = 1 - outer(1:3, 1:3, function(i, j) abs(i - j) / 2)); print(k); print(c(k$var.kappa, k$var.weighted), digits = 12)
k <- cohen.kappa(fleiss); print(c(k$kappa, k$weighted.kappa, k$var.kappa, k$var.weighted), digits = 12)
# A clustered share, unequal clusters and weights
d <- data.frame(y = c(1, 1, 0, 0, 1, 0, 0, 0, 1, 1, 0, 1), g = c(1, 1, 1, 2, 2, 3, 3, 4, 4, 4, 4, 5),
  w = c(2, 2, 2, 1, 1, 3, 3, 1.5, 1.5, 1.5, 1.5, 4))
fit <- lm(y ~ 1, d, weights = w)
print(coef_test(fit, vcovCR(fit, d$g, "CR2")), digits = 12)
r <- coef_test(fit, vcovCR(fit, d$g, "CR2")); print(c(r$beta, r$SE, r$df_Satt))
print(svymean(~y, svydesign(~g, weights = ~w, data = d)))
d$w <- c(1, 2, 3, 1, 5, 3, 0.5, 1, 2.5, 4, 1, 2)
fit <- lm(y ~ 1, d, weights = w)
r <- coef_test(fit, vcovCR(fit, d$g, "CR2")); print(c(r$beta, r$SE, r$df_Satt))
