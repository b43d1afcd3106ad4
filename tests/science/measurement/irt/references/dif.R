# Writes dif.csv, which test_dif.py holds: base R's mantelhaen.test and glm, MASS' polr, on lme4's verbal aggression by gender,
# matched by the sum of all 24 answers. Debian: apt-get install r-cran-lme4 r-cran-mass
# usage: Rscript dif.R
suppressMessages({ library(lme4); library(MASS) })
data(VerbAgg, package = "lme4")
people <- length(unique(VerbAgg$id))
gender <- VerbAgg$Gender[seq_len(people)]
focal <- as.numeric(gender == "M")
right <- matrix(as.numeric(VerbAgg$r2 == "Y"), nrow = people)
level <- matrix(as.integer(VerbAgg$resp) - 1, nrow = people)
nagelkerke <- function(loglik, null, n) (1 - exp(2 * (null - loglik) / n)) / (1 - exp(2 * null / n))
tested <- function(fits, null, n) {
  l <- sapply(fits, function(fit) c(logLik(fit)))
  r <- nagelkerke(l, null, n)
  c(uniform = 2 * (l[2] - l[1]), nonuniform = 2 * (l[3] - l[2]), r2_uniform = r[2] - r[1], r2 = r[3] - r[1])
}
rows <- NULL
total <- rowSums(right); sums <- as.numeric(scale(rowSums(level)))
for (j in seq_len(ncol(right))) {
  used <- total %in% as.numeric(names(which(apply(table(total, gender), 1, min) > 0)))
  counts <- table(factor(right[, j], 1:0), factor(gender, c("F", "M")), total)
  counts <- counts[, , apply(counts, 3, function(t) all(rowSums(t) > 0) && all(colSums(t) > 0)), drop = FALSE]
  mh <- mantelhaen.test(aperm(counts, c(2, 1, 3)))
  m0 <- glm(right[, j] ~ total, family = binomial, epsilon = 1e-14)
  fits <- list(m0, update(m0, . ~ . + focal), update(m0, . ~ . + focal + focal:total))
  two <- tested(fits, c(logLik(update(m0, . ~ 1))), people)
  y <- factor(level[, j])
  p0 <- polr(y ~ sums, control = list(reltol = 1e-15, maxit = 1000))
  p1 <- polr(y ~ sums + focal, control = list(reltol = 1e-15, maxit = 1000))
  p2 <- polr(y ~ sums * focal, control = list(reltol = 1e-15, maxit = 1000))
  null <- sum(table(y) * log(table(y) / people))
  three <- tested(list(p0, p1, p2), null, people)
  rows <- rbind(rows, data.frame(item = levels(VerbAgg$item)[j], odds = unname(mh$estimate), chi2 = unname(mh$statistic),
    log_se = unname(diff(log(mh$conf.int))) / (2 * qnorm(0.975)), t(two), t(setNames(three, paste0("levels_", names(three))))))
}
rows[-1] <- signif(rows[-1], 9)
write.csv(rows, "dif.csv", row.names = FALSE, quote = FALSE)
