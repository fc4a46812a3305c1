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
# # Inspect and review the hits of a run
#
# What a run found, what each change looks like, what speaks against it, and what could not be seen. This notebook
# looks; it computes nothing. Your verdicts go into `reviews.json` beside the run.
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
# What to keep in mind about this run:

# %%
display(Markdown("\n".join(f"- {warning}" for warning in run.provenance["warnings"]) or "No warnings."))

# %% [markdown]
# ## Where
#
# The report's own map: two dates to swipe between, apron outlines, hits. It needs no network. `run.map()` draws the
# outlines alone.

# %%
run.hits.explore() if len(run.hits) else run.map()

# %% [markdown]
# ## The hits
#
# The change happened somewhere between `before` and `after`. `false_alarms_per_year` is how many false hits at least
# this strong a year of passes would give with nothing there; `probability` is an estimate, calibrated on simulated
# airfields.

# %%
columns = ["kind", "apron", "before", "after", "size_class", "length_m", "length_low_m", "length_high_m"]
run.hits[[*columns, "score", "false_alarms_per_year", "probability", "status"]]

# %% [markdown]
# ## Hit by hit: every look around it, the light curve, and your verdict
#
# Would you have called it an aircraft? It should stand there in every look of its stay and in none of the others, and
# come and go at once. Be wary of cloud edges, wet ground, building shadows and edges that are merely out of line.
# The buttons note what you think; `imagery-watch hits review --import reviews.json` brings it into `monitor`'s record.

# %%
for number, hit in run.hits.iterrows():
    display(Markdown(f"### {number}. {hit.summary}"))
    if hit.kind != "departure" and hit.chip:  # a departure has the film of its arrival
        display(run.show(hit.id))
        try:
            display(run.film(hit.id))
        except iw.UsageError as missing:  # only the strongest stays of a run have a film
            display(Markdown(f"*{missing}*"))
    display(run.buttons(hit.id))

# %%
display(run.reviews)

# %% [markdown]
# The numbers behind the curve of the first hit, as a table to plot or to judge by your own rule:

# %%
run.curve(run.hits["id"].iloc[0]).drop(columns="stay") if len(run.hits) else "No hit."

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
from pandas import option_context

blind = run.looks[run.looks.result.isin(["not_observed", "failed"])]
with option_context("display.max_colwidth", None):
    display(blind[["datetime", "apron", "result", "visible_fraction", "reason"]].reset_index(drop=True))
