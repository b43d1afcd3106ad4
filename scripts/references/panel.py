"""Values of tests/science/impact/panel: mpdta by csdid (group-time effects, sums of them) and by pyfixest (event study).

usage: panel.py DATA   (the folder that holds eval/mpdta_did.csv)
"""

import contextlib
import io
import sys
import warnings

import numpy as np
import pandas as pd
import pyfixest
from csdid.att_gt import ATTgt

warnings.filterwarnings("ignore")
data = pd.read_csv(f"{sys.argv[1]}/eval/mpdta_did.csv")
columns = {"yname": "lemp", "gname": "first.treat", "idname": "countyreal", "tname": "year"}
for covariate in ("", "lpop"):
    for control in ("nevertreated", "notyettreated"):
        with contextlib.redirect_stdout(io.StringIO()):
            formula = f"lemp~{covariate or 1}"
            fit = ATTgt(**columns, xformla=formula, data=data.copy(), control_group=[control])
            fit = fit.fit(est_method="dr", bstrap=False)
        print(f"csdid {formula} {control}: group-time effects, errors")
        print(*(repr(float(x)) for x in fit.results["att"]))
        print(*(repr(float(x)) for x in fit.results["se"]))
        for kind in ("simple", "dynamic", "group", "calendar"):
            with contextlib.redirect_stdout(io.StringIO()):
                found = fit.aggte(typec=kind, bstrap=False, cband=False).atte
            print(kind, repr(float(found["overall_att"])), repr(float(np.ravel(found["overall_se"])[0])))
treated = data["first.treat"] > 0
data["e"] = np.where(treated, data["year"] - data["first.treat"], -1)
with contextlib.redirect_stdout(io.StringIO()):
    fit = pyfixest.feols("lemp ~ i(e, ref=-1) | countyreal + year", data, vcov={"CRV1": "countyreal"})
print("pyfixest event study: coefficients, errors")
print(*(repr(float(x)) for x in fit.coef()))
print(*(repr(float(x)) for x in fit.se()))
data["treated"] = (treated & (data["year"] >= data["first.treat"])).astype(float)
with contextlib.redirect_stdout(io.StringIO()):
    fit = pyfixest.feols("lemp ~ treated | countyreal + year", data, vcov={"CRV1": "countyreal"})
print("pyfixest two-way", repr(float(fit.coef().iloc[0])), repr(float(fit.se().iloc[0])))
