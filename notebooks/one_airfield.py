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
# # One airfield through its looks
#
# How full its aprons were, what was more than usual, how long things stood, and what was hidden: the questions of
# someone who follows one place for a year. A longer run (`imagery-watch run ID --since 2024-01-01 --until 2024-12-31`)
# only makes the axes longer.
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
# ## How full the aprons were
#
# Objects of aircraft size that come and go, look by look; the dashed line is their median, `usual`. What never left
# during the looks is part of the ground and is not counted.

# %%
import matplotlib.pyplot as plt

aprons = run.occupancy.groupby("apron")
figure, axes = plt.subplots(max(1, len(aprons)), 1, figsize=(10, 2 * max(1, len(aprons))), sharex=True, squeeze=False)
for axis, (name, rows) in zip(axes[:, 0], aprons, strict=False):
    axis.step(rows["datetime"], rows["standing"], where="post", marker="o")
    axis.axhline(rows["usual"].iloc[-1], linestyle="--", color="grey")
    axis.set_ylabel(name)
    axis.set_ylim(-0.2, max(2, rows["standing"].max()) + 0.5)
figure.autofmt_xdate()
plt.show()

# %% [markdown]
# ## More, or fewer, than usual

# %%
unusual = run.occupancy[run.occupancy["surplus"] != 0]
unusual.reset_index(drop=True) if len(unusual) else "Every look showed as many as usual."

# %% [markdown]
# ## What stood, and for how long
#
# Thick: from the first look that shows it to the last. Thin: between the looks without it, so longer than that it
# cannot have stood. An open end reaches to the edge of the looks.

# %%
stays = run.stays
first, last = run.looks["datetime"].min(), run.looks["datetime"].max()
figure, axis = plt.subplots(figsize=(10, 0.5 * len(stays) + 1))
for row, stay in enumerate(stays.itertuples()):
    start, end = (stay.not_before or first), (stay.not_after or last)
    start, end = (first if start != start else start), (last if end != end else end)
    axis.plot([start, end], [row, row], linewidth=2, color="tab:red", alpha=0.5)
    axis.plot([stay.seen_from, stay.seen_to], [row, row], linewidth=9, marker="s", color="tab:red")
axis.set_yticks(range(len(stays)), [f"{stay.apron}, about {stay.length_m:.0f} m" for stay in stays.itertuples()])
axis.set_xlim(first, last)
figure.autofmt_xdate()
plt.show()

# %%
stays[["apron", "length_m", "dwell_min_hours", "dwell_max_hours"]].round(1) if len(stays) else "No stay."

# %% [markdown]
# ## What was hidden
#
# The share of each apron that each look could see. Below the dotted line a look says nothing about the apron.

# %%
figure, axis = plt.subplots(figsize=(10, 2.5))
for name, rows in run.looks.groupby("apron"):
    axis.plot(rows["datetime"], rows["visible_fraction"].fillna(0), marker="o", label=name)
axis.axhline(run.provenance["settings"].get("min_visible_fraction", 0.5), linestyle=":", color="grey")
axis.set_ylabel("share seen")
axis.legend(loc="lower left")
figure.autofmt_xdate()
plt.show()

# %%
run.timeline() if len(run.looks) else "No pass was looked at."

# %% [markdown]
# ## How likely a stay was to be seen at all
#
# A stay of so many hours, beginning at any moment of the period with equal chance. That what is seen is also found is
# another matter: see the notebook *how_sure*.

# %%
table = run.chances.pivot(index="hours", columns="apron", values="probability")
table.style.format("{:.0%}") if len(table) else "No look was judged."

# %% [markdown]
# ## Flight tracks
#
# Who was on the ground, by files of flight tracks that were held against the run (`corroborate --run FOLDER --tracks
# FILE`), and what the looks say of each.

# %%
tracks = run.tracks
told = tracks[["name", "type", "since", "until", "state", "chance", "statement"]]
told if len(told) else "No flight tracks were held against this run."
