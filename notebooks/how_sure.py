# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # How sure is this?
#
# What a score means, how small an aircraft would have been seen, and what was measured on real imagery, where the
# figures are worse than on simulated. Read it before you write "with 99 % certainty".
#
# Set `FOLDER` (or the environment variable `IMAGERY_WATCH_RUN`) to a folder that `imagery-watch run` wrote. Without
# one, the demonstration is made first: **simulated passes** over one real image, in about half a minute, offline.

# %% tags=["parameters"]
FOLDER = ""

# %%
import os
import tempfile
from pathlib import Path

from IPython.display import Markdown, display

import imagery_watch as iw

folder = FOLDER or os.environ.get("IMAGERY_WATCH_RUN", "")
if not folder:
    from imagery_watch.demo import run_demo
    from imagery_watch.settings import read_settings

    folder = str(Path(tempfile.mkdtemp(prefix="imagery-watch-")) / "demo")
    run_demo(Path(folder), read_settings(), lambda *_: None)
run = iw.open_run(folder)

# %%
if run.provenance.get("simulated"):
    note = run.provenance.get("simulated_note", "")
    display(Markdown(f"> **SIMULATED DATA: nothing below was observed.** {note}"))
display(Markdown(run.summary))

# %% [markdown]
# ## What the scores of this run mean here
#
# `false_alarms_per_year`: hits at least this strong that a year of passes would give with nothing there. `probability`
# never exceeds 0.99. Both come from simulated airfields, scaled to the clutter and the traffic of this one. On other
# simulated grounds .3 to 2.7 times as many false alarms came as promised, so the last two columns give the probability
# if they were three times as many, and a third.

# %%
hits = run.hits[["kind", "apron", "length_m", "score", "false_alarms_per_year", "probability", "p_change"]].copy()
odds = hits["probability"] / (1 - hits["probability"])
hits["if 3x false"] = (odds / 3) / (1 + odds / 3)
hits["if 1/3 false"] = ((odds * 3) / (1 + odds * 3)).clip(upper=0.99)
hits.round(3)

# %% [markdown]
# ## How small an aircraft each look would have shown
#
# By planting simulated aircraft into the run's own images and looking for them: a best case, for what is planted is
# drawn by the same hand on every look. `imagery-watch limits ID` plants more of them.

# %%
import matplotlib.pyplot as plt

figure, axis = plt.subplots(figsize=(10, 2.8))
for name, rows in run.looks.groupby("apron"):
    axis.plot(rows["datetime"], rows["smallest_detectable_m"], marker="o", label=name)
axis.set_ylabel("smallest found, m")
axis.legend()
figure.autofmt_xdate()
plt.show()

# %% [markdown]
# ## How clearly each object stands out
#
# The light curve of every stay: all of its signal while it stands there, none before and after. The bars are two
# standard deviations of noise. In the grey band nobody can tell.

# %%
COLOURS = {"there": "tab:red", "not there": "tab:green", "another": "tab:purple"}
stays = list(run.stays["id"])
figure, axes = plt.subplots(max(1, len(stays)), 1, figsize=(10, 2 * max(1, len(stays))), sharex=True, squeeze=False)
for axis, stay in zip(axes[:, 0], stays, strict=False):
    curve = run.curve(stay)
    colours = curve["presence"].map(COLOURS).fillna("grey")
    axis.errorbar(curve["datetime"], curve["share"], yerr=2 * curve["sigma"], fmt="none", ecolor="lightgrey")
    axis.scatter(curve["datetime"], curve["share"], c=colours, zorder=3)
    axis.axhspan(0.35, 0.55, color="lightgrey", alpha=0.6)
    axis.set_ylim(-0.5, 1.5)
figure.autofmt_xdate()
plt.show()

# %% [markdown]
# ## What was measured on real imagery
#
# Real apron, real aircraft, hand-drawn truth: ten airports seen from 0.5 m and brought to 10 m (three bands of eight
# bits, stands nearly always taken), a real Sentinel-2 scene of Genoa whose aircraft were painted out in the other
# passes, and paved ground in Berlin where nothing came or went. `docs/accuracy.md` has each figure's origin, and
# `benchmarks/RESULTS.md` how to measure it again.

# %%
import pandas as pd

pd.DataFrame(
    [
        ("ten airports, crowded gates", "found of 42 m and more", "59 %"),
        ("ten airports, crowded gates", "found of 34 to 42 m", "24 %"),
        ("ten airports, crowded gates", "lengths read short by", "21 %"),
        ("Genoa, 15 small jets, noise .003 to .010", "told (as aircraft)", "11 (6), 10 (8), 9 (8)"),
        ("Berlin, nothing changed", "false hits, three cuttings", "0, 0, 0"),
        ("simulated, other grounds", "found of 42 m and more", "76 of 78"),
    ],
    columns=["imagery", "what", "measured"],
)

# %% [markdown]
# So: at an open apron a large aircraft is found nearly always; at crowded gates of real airports less often than
# three times in five; small jets are seen as *something* more often than as aircraft. A score says how much better an
# aircraft explains the change than anything plainer; it is never proof.
