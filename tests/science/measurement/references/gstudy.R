# Values of tests/science/measurement/test_generalizability.py: R 4.2, lme4 1.1-31 (Debian 12).
# Rscript gstudy.R path/to/verbagg_lme4.csv
suppressMessages(library(lme4))
d <- read.csv(commandArgs(TRUE)[1])
d$score <- match(d$resp, c("no", "perhaps", "yes"))
row <- seq_len(nrow(d)) - 1
d <- d[(row * 7 + row %/% 11) %% 5 != 0 & d$id %% 3 != 0, ]  # unbalanced by rule
tight <- lmerControl(optCtrl = list(ftol_abs = 1e-14, ftol_rel = 1e-15, xtol_abs = 1e-12, xtol_rel = 1e-12, maxeval = 10000))
show <- function(m) { print(as.data.frame(VarCorr(m))[, c("grp", "vcov")], digits = 12); print(REMLcrit(m), digits = 15)
  print(c(fixef(m), sqrt(vcov(m)[1, 1])), digits = 12) }
print(nrow(d))
show(lmer(score ~ 1 + (1 | id) + (1 | item), d, control = tight))
m <- lmer(score ~ 1 + (1 | id) + (1 | btype) + (1 | situ) + (1 | item) + (1 | id:btype) + (1 | id:situ), d, control = tight)
show(m)
r <- ranef(m, condVar = TRUE)$item
print(head(data.frame(rownames(r), r[, 1], sqrt(attr(r, "postVar")[1, 1, ])), 3), digits = 10)
