"""One HTML page of what reviews say together that opens offline: decisions, corrections, and what they change."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..reports import page as html
from ..reports import plots
from ..tables import Row
from . import figures
from .report import method, sections
from .review_study import ReviewStudy, decision_rows, model_rows

_STACKED = ("accepted", "corrected", "placed", "said_missing", "not_looked_at")
_DECISIONS = {
    **{name: name.replace("_", " ") for name in _STACKED},
    "changed": "changed, %",
    "changed_of_doubtful": "of the doubtful, %",
    "changed_of_others": "of the others, %",
    "moved_mean_mm": "moved, mm",
    "moved_sd_mm": "SD",
    "moved_largest_mm": "largest",
}


def reviews_page(
    studies: Sequence[ReviewStudy], name: str, problems: Sequence[str], backdrops: Sequence[np.ndarray | None]
) -> str:
    """The page of reviews, model by model.

    :param name: of the folder, :param backdrops: as of :func:`compare_page`, for each study
    """
    title = f"What reviews changed in {name}"
    scans = sum(len(study.scans) for study in studies)
    decided = sum(int(study.decided.sum()) for study in studies)
    total = sum(study.decided.size for study in studies)
    parts = [html.header(title, f"{scans} reviews; people decided on {decided:,} of {total:,} landmarks.")]
    methods: list[str] = []
    for number, (study, backdrop) in enumerate(zip(studies, backdrops, strict=True)):
        (sums,), rows = model_rows([study]), decision_rows([study])
        heading = f"{study.model}: " if len(studies) > 1 else ""
        parts.append(html.section(f"{study.model}, {len(study.scans)} scans", html.cards(_decision_cards(sums))))
        if plots.available():
            drawn = figures.decisions(rows, _STACKED, f"decisions{number}")
            parts.append(html.section(f"{heading}What was decided", html.figure(drawn, "The most changed on top.")))
        listed = html.table(rows, {"label": "", "name": "", **_DECISIONS})
        parts.append(html.section(f"{heading}Landmark by landmark", html.details("The table", listed)))
        comparison = study.comparison()
        if comparison is not None:
            parts += sections(comparison, backdrop, f"{number}", heading)
            methods = method(comparison)
    says = [
        "Corrected: moved by a person. Placed: the model had none. Said missing: the model had one. Accepted also "
        "counts where a person agreed that the scan does not show the place.",
        "Changed is corrected, placed or said missing, of those that people decided on. How far they moved is of the "
        "corrected ones; all other numbers are of all that people decided on, and an accepted one differs by 0.",
        "People who see a prediction first accept more than two observers who work alone would agree on.",
    ]
    parts += [
        html.section("Not read", html.bullets(problems)) if problems else "",
        html.section("How this was measured", html.bullets([*says, *methods])),
    ]
    return html.document(title, parts)


def _decision_cards(sums: Row) -> list[tuple[str, str, str]]:
    caught = f"{html.percent(sums['changed_of_doubtful'])} of the doubtful ones, "
    return [
        (f"{sums['accepted']:,}", "accepted", f"{sums['not_looked_at']:,} not looked at"),
        (f"{sums['corrected']:,}", "corrected", f"by {html.mm(sums['moved_mean_mm'])} in the mean"),
        (f"{sums['placed']:,}", "placed", "where the model had none"),
        (f"{sums['said_missing']:,}", "said missing", "where the model had one"),
        (html.percent(sums["changed"]), "changed", f"{caught}{html.percent(sums['changed_of_others'])} of the others"),
    ]
