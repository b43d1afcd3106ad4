# Values of tests/science/impact/matching: R 4.2, MatchIt 4.5.1 and sandwich of Debian 12 (r-cran-matchit r-cran-sandwich).
# Usage: Rscript matching.R. MatchIt 4.5.1 is not greedy on a score without replacement: those values are of 4.7.1, which Debian
# does not have (reference_values.csv).
suppressMessages({ library(MatchIt); library(sandwich) })
options(digits = 12)
data(lalonde, package = "MatchIt")
lalonde$race <- as.character(lalonde$race)
f <- treat ~ age + educ + race + married + nodegree + re74 + re75
outcome <- update(f, re78 ~ treat + .)
tell <- function(name, ...) {
  m <- matchit(f, lalonde, ...)
  d <<- match.data(m)  # sandwich looks for it by its name
  plain <- lm(re78 ~ treat, d, weights = weights)
  full <- lm(outcome, d, weights = weights)
  cat(name, nrow(d), coef(plain)[["treat"]], coef(full)[["treat"]], sqrt(vcovHC(plain, "HC1")["treat", "treat"]), "")
  if (!is.null(d$subclass))
    cat(sqrt(vcovCL(plain, ~subclass)["treat", "treat"]), sqrt(vcovCL(full, ~subclass)["treat", "treat"]), "")
  cat("\n")
  invisible(m)
}
scored <- tell("nearest", method = "nearest")
print(scored$distance[1:4])
print(summary(scored)$sum.all, digits = 8)
tell("cem", method = "cem")
# Ties are broken as in 4.7.1, so Mahalanobis is compared where there are none: everybody has another age
lalonde$age <- lalonde$age + (37 * seq_len(614)) %% 614 / 614
tell("mahalanobis", method = "nearest", distance = "mahalanobis")
tell("mahalanobis 2:1", method = "nearest", distance = "mahalanobis", ratio = 2)
tell("mahalanobis exact race", method = "nearest", distance = "mahalanobis", exact = ~race)
tell("mahalanobis age within 2", method = "nearest", distance = "mahalanobis", caliper = c(age = 2), std.caliper = FALSE)
tell("mahalanobis, score within 0.2 sd", method = "nearest", mahvars = update(f, NULL ~ .), caliper = 0.2)
data(lalonde, package = "MatchIt")
score <- fitted(glm(f, binomial, lalonde, epsilon = 1e-14))
for (estimand in c("ATT", "ATE")) {
  w <- with(lalonde, if (estimand == "ATT") ifelse(treat == 1, 1, score / (1 - score))
            else ifelse(treat == 1, 1 / score, 1 / (1 - score)))
  cat("ipw", estimand, coef(lm(re78 ~ treat, lalonde, weights = w))[["treat"]], "\n")
}
