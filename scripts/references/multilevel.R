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

# Pupils in classes in schools, by integer arithmetic that any language repeats exactly; classes are numbered anew in
# each school.
seed <- 20261
uniform <- function() { seed <<- (16807 * seed) %% 2147483647; seed / 2147483647 }
bell <- function() { total <- 0; for (i in 1:12) total <- total + uniform(); total - 6 }
rows <- list()
for (school in 0:39) {
  a <- 3 * bell(); b <- 0.15 * bell()
  for (class in 0:(1 + floor(4 * uniform()))) {
    c <- 2 * bell(); d <- 0.1 * bell()
    for (pupil in 0:(4 + floor(16 * uniform()))) {
      pre <- 10 * bell()
      math <- 500 + 0.6 * pre + 3 * (school %% 2) + a + c + (b + d) * pre + 5 * bell()
      rows[[length(rows) + 1]] <- c(school, class, school %% 2, pre, math)
    }
  }
}
pupils <- as.data.frame(do.call(rbind, rows))
names(pupils) <- c("school", "class", "treat", "pre", "math")
pupils$klass <- pupils$school * 100 + pupils$class
cat("\nrows", nrow(pupils), "sum", format(sum(pupils$math), digits = 15), "\n")
tell("three.intercepts", math ~ pre + treat + (1 | school / class), pupils)
growth <- tell("three.slopes", math ~ pre * treat + (pre | school / class), pupils)
effects <- as.data.frame(ranef(growth, condVar = TRUE))
print(effects[effects$grp %in% c("0:0", "1:0", "0", "1"), c("grpvar", "term", "grp", "condval", "condsd")], digits = 9)
tell("three.slopes.ml", math ~ pre * treat + (pre | school / class), pupils, REML = FALSE)
tell("three.mixed", math ~ pre * treat + (1 | klass) + (pre || school), pupils)
# A boundary fit: the schools' slopes on a column of noise.
Hsb82$noise <- sin(seq_len(nrow(Hsb82)) * 12.9898)
tell("boundary", mAch ~ cses + noise + (1 | school) + (0 + noise | school), Hsb82)
tell("boundary.correlated", mAch ~ noise + (noise | school), Hsb82)
