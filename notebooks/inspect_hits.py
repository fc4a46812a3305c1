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
# # Looking at a run
#
# What a run found, what each change looks like, and what could not be seen. This notebook looks; it computes nothing.
#
# A *hit* is a change on an apron between two passes that is consistent with an aircraft arriving or leaving. At 10 m a
# pixel it is not a sighting, and it does not tell the type. Check it against other sources before you publish.
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
from pandas import option_context

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
display(run)

# %% [markdown]
# What to keep in mind about this run:

# %%
display(Markdown("\n".join(f"- {warning}" for warning in run.provenance["warnings"]) or "No warnings."))

# %% [markdown]
# ## The hits
#
# The change happened somewhere between `before` and `after`. `false_alarms_per_year` is how many false hits at least
# this strong a year of passes would give with nothing there; `probability` is an estimate, calibrated on simulated
# airfields.

# %%
run.hits[
    [
        "kind",
        "apron",
        "before",
        "after",
        "size_class",
        "length_m",
        "length_low_m",
        "length_high_m",
        "score",
        "false_alarms_per_year",
        "probability",
        "status",
    ]
]

# %%
run.map() if len(run.hits) else "No hit to show."

# %% [markdown]
# ## Before and after, hit by hit
#
# Would you have called it an aircraft? Look for a shape that came or went; be wary of cloud edges, wet ground, building
# shadows and edges that are merely out of line.

# %%
for number, hit in run.hits.iterrows():
    display(Markdown(f"**{number}.** {hit.summary}"))
    if hit.chip:
        display(run.show(hit.id))

# %% [markdown]
# ## How long it stood
#
# An arrival joined to its departure, with hard bounds: it was seen from `seen_from` to `seen_to`, and was not there at
# `not_before` and `not_after`. An empty end is open: nobody saw it come, or go.

# %%
shown = ["apron", "not_before", "seen_from", "seen_to", "not_after", "dwell_min_hours", "dwell_max_hours", "length_m"]
run.stays[shown] if len(run.stays) else "No stay."

# %% [markdown]
# ## What was looked at, and what could not be seen
#
# A diamond is a look with a change, a dot one without, a ring one that could not see enough, a cross one that failed.
# An apron that was not seen is unknown: it is not empty.

# %%
run.timeline() if len(run.looks) else "No pass was looked at."

# %%
run.looks.groupby(["apron", "result"]).size().unstack(fill_value=0)

# %%
blind = run.looks[run.looks.result.isin(["not_observed", "failed"])]
with option_context("display.max_colwidth", None):
    display(blind[["datetime", "apron", "result", "visible_fraction", "reason"]].reset_index(drop=True))
