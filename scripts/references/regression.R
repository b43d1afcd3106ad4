# Regression with errors by cluster: the digits that tests/science/impact/regression/test_published.py holds to.
# R 4.2.2 with clubSandwich 0.5.8, the folder of the shared data as its argument: Rscript regression.R DATA
suppressMessages(library(clubSandwich))
options(digits = 15)
data <- commandArgs(TRUE)[1]
aa <- read.csv(file.path(data, "eval", "achievementawardsrct_clubSandwich.csv"))
girls <- aa[aa$year == "2001" & aa$sex == "Girl" & !is.na(aa$treated), ]
within <- lm(Bagrut_status ~ treated + father_ed + mother_ed + factor(pair), data = girls)
found <- coef_test(within, cluster = girls$school_id, vcov = "CR2", test = "Satterthwaite", coefs = "treated")
print(c(found$beta, found$SE, found$df_Satt), digits = 15)
for (type in c("CR0", "CR2")) print(sqrt(diag(vcovCR(within, cluster = girls$school_id, type = type)))[1:4])
plain <- lm(Bagrut_status ~ treated + father_ed + mother_ed + school_type, data = girls)
wald <- (Wald_test(plain, constraints = constrain_zero(c("school_typeReligious", "school_typeSecular")),
                vcov = vcovCR(plain, cluster = girls$school_id, type = "CR2"), test = "HTZ"))
print(c(wald$Fstat, wald$df_num, wald$df_denom, wald$p_val), digits = 15)
