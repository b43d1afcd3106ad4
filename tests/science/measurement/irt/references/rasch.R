# Writes rasch.csv, which test_published.py of item-response models holds. Debian: apt-get install r-cran-lme4 r-cran-erm
# r-cran-psych
# usage: Rscript rasch.R
suppressMessages({ library(lme4); library(eRm); library(psych) })
tight <- glmerControl(optimizer = "bobyqa", optCtrl = list(rhoend = 1e-9, maxfun = 1e6))
long <- function(wide) data.frame(
  y = c(as.matrix(wide)), item = factor(rep(names(wide), each = nrow(wide)), levels = names(wide)),
  id = factor(rep(seq_len(nrow(wide)), ncol(wide))))
found <- NULL
keep <- function(source, data, name, value, error = NA) {
  found <<- rbind(found, data.frame(source, data, name, value, error))
}
marginal <- function(data, rows, points = 25) {
  model <- glmer(y ~ 0 + item + (1 | id), rows, family = binomial, nAGQ = points, control = tight)
  source <- if (points == 1) "lme4 Laplace" else "lme4 quadrature"
  keep(source, data, "log-likelihood", c(logLik(model)))
  keep(source, data, "sd", unname(getME(model, "theta")))
  keep(source, data, levels(rows$item), unname(fixef(model)), sqrt(diag(as.matrix(vcov(model)))))
}
conditional <- function(data, model) {
  keep("eRm", data, "log-likelihood", model$loglik)
  keep("eRm", data, sub("beta ", "", names(model$betapar)), unname(model$betapar), unname(model$se.beta))
  fit <- itemfit(person.parameter(model))
  keep("eRm infit", data, names(fit$i.infitMSQ), unname(fit$i.infitMSQ))
  keep("eRm outfit", data, names(fit$i.outfitMSQ), unname(fit$i.outfitMSQ))
}
data(bock, package = "psych")
marginal("lsat6", long(as.data.frame(lsat6)))
data(raschdat1, package = "eRm")
marginal("raschdat1", long(raschdat1))
conditional("raschdat1", RM(raschdat1))
data(VerbAgg, package = "lme4")
verbal <- data.frame(y = as.numeric(VerbAgg$r2 == "Y"), item = VerbAgg$item, id = VerbAgg$id)
marginal("verbagg", verbal)
marginal("verbagg", verbal, points = 1)
ratings <- matrix(as.integer(VerbAgg$resp) - 1, nrow = length(unique(VerbAgg$id)))
stopifnot(all(matrix(as.character(VerbAgg$id), nrow = nrow(ratings))[, 1] == matrix(as.character(VerbAgg$id), nrow = nrow(ratings))[, 24]))
colnames(ratings) <- levels(VerbAgg$item)
conditional("verbagg levels", PCM(ratings))
found$value <- signif(found$value, 12)
found$error <- signif(found$error, 8)
write.csv(found, "rasch.csv", row.names = FALSE, quote = FALSE, na = "")
