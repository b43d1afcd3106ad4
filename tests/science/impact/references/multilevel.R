# The values that test_published.py and test_three_levels.py of multilevel models hold. Debian: apt-get install
# r-cran-lme4 r-cran-lmertest r-cran-pbkrtest r-cran-mlmrev
# usage: Rscript multilevel.R
suppressMessages({ library(lme4); library(lmerTest); library(pbkrtest) })
data(Hsb82, Exam, egsingle, package = "mlmRev")
tight <- lmerControl(optimizer = "nloptwrap", check.conv.singular = "ignore",
  optCtrl = list(xtol_abs = 1e-14, ftol_abs = 1e-14, xtol_rel = 1e-14, ftol_rel = 1e-14, maxeval = 20000))
tell <- function(name, formula, data, REML = TRUE) {
  model <- lmer(formula, data, REML = REML, control = tight)
  cat("\n==", name, "\n")
  cat(if (REML) "REML criterion" else "deviance", format(-2 * c(logLik(model)), digits = 15), "\n")
  print(coef(summary(model))[, 1:3, drop = FALSE], digits = 12)
  print(as.data.frame(VarCorr(model))[, 1:4], digits = 11)
  invisible(model)
}
tell("hsb.null", mAch ~ 1 + (1 | school), Hsb82)
tell("hsb.rc", mAch ~ cses + (cses | school), Hsb82)
Hsb82$cath <- as.numeric(Hsb82$sector == "Catholic")
iso <- tell("hsb.iso", mAch ~ meanses * cses + cath * cses + (cses | school), Hsb82)
print(anova(iso, ddf = "Kenward-Roger"), digits = 8)
print(coef(summary(iso, ddf = "Kenward-Roger")), digits = 10)
tell("exam.ml.slope", normexam ~ standLRT + (standLRT | school), Exam, REML = FALSE)
tell("sleep.uncorrelated", Reaction ~ Days + (Days || Subject), sleepstudy)
tell("sleep.slope", Reaction ~ Days + (0 + Days | Subject), sleepstudy)
effects <- as.data.frame(ranef(lmer(Reaction ~ Days + (Days | Subject), sleepstudy, control = tight), condVar = TRUE))
print(head(effects[effects$term == "Days", ], 3), digits = 9)
tell("three.intercepts", math ~ year + retained + (1 | schoolid / childid), egsingle)
growth <- tell("three.growth", math ~ year + female + (year | schoolid / childid), egsingle)
print(head(as.data.frame(ranef(growth, condVar = TRUE)), 2), digits = 9)
tell("three.growth.ml", math ~ year + female + (year | schoolid / childid), egsingle, REML = FALSE)
tell("three.mixed", math ~ year * lowinc + (1 | childid) + (year || schoolid), egsingle)
# A boundary fit: the schools' slopes on a column of noise.
Hsb82$noise <- sin(seq_len(nrow(Hsb82)) * 12.9898)
tell("boundary", mAch ~ cses + noise + (1 | school) + (0 + noise | school), Hsb82)
tell("boundary.correlated", mAch ~ noise + (noise | school), Hsb82)
