# Values of tests/science/impact/synthesis: R 4.2, metafor 3.8-1, clubSandwich 0.5.8, metadat 1.2-0 (Debian 12).
# Rscript synthesis.R
suppressMessages({library(metafor); library(clubSandwich); library(metadat)})
options(digits = 12)
tight <- list(threshold = 1e-12, maxiter = 1000)
bcg <- escalc(measure = "RR", ai = tpos, bi = tneg, ci = cpos, di = cneg, data = dat.bcg)
fit <- rma(yi, vi, data = bcg, method = "REML", control = tight)
kh <- rma(yi, vi, data = bcg, method = "REML", test = "knha", control = tight)
ml <- rma(yi, vi, data = bcg, method = "ML", control = tight)
print(c(fit$beta, fit$se, fit$tau2, fit$QE, fit$QEp, fit$I2, logLik(fit)))
print(c(kh$se, kh$ddf, kh$pval, kh$ci.lb, kh$ci.ub))
print(c(ml$beta, ml$se, ml$tau2))
print(confint(fit, control = list(tol = 1e-10))$random[1, ])
print(confint(rma.mv(yi, vi, random = ~ 1 | trial, data = bcg))$random[1, ])
k <- dat.konstantopoulos2011
two <- rma(yi, vi, data = k, control = tight)
print(c(two$beta, two$se, two$tau2))
for (method in c("REML", "ML")) {
  three <- rma.mv(yi, vi, random = ~ 1 | district / school, data = k, method = method)
  print(c(three$beta, three$se, three$sigma2, logLik(three)))
  if (method == "REML") { r <- coef_test(three, vcov = "CR2", cluster = k$district); print(c(r$SE, r$df_Satt, r$p_Satt)) }
}
V <- impute_covariance_matrix(vi = k$vi, cluster = k$district, r = 0.6)
che <- rma.mv(yi, V, random = ~ 1 | district / school, data = k)
r <- coef_test(che, vcov = "CR2", cluster = k$district)
print(c(che$beta, che$se, che$sigma2, r$SE, r$df_Satt, r$p_Satt))
co <- rma.mv(yi, V, random = ~ 1 | district, data = k)
r <- coef_test(co, vcov = "CR2", cluster = k$district)
print(c(co$beta, co$se, co$sigma2, r$SE, r$df_Satt, r$p_Satt))
