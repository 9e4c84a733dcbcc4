"""How two or more observers agree: technical error of measurement, limits of agreement, intraclass correlation.

Pure arithmetic over arrays. A specimen that one of the observers has no value of is NaN and is not counted.

Sources
    Dahlberg G. Statistical methods for medical and biological students. London: Allen & Unwin 1940.
    Ulijaszek SJ, Kerr DA. Anthropometric measurement error and the assessment of nutritional status. Br J Nutr 1999;
    82:165-177.
    Bland JM, Altman DG. Statistical methods for assessing agreement between two methods of clinical measurement. Lancet
    1986; 327(8476):307-310.
    Shrout PE, Fleiss JL. Intraclass correlations: uses in assessing rater reliability. Psychol Bull 1979; 86:420-428.
    McGraw KO, Wong SP. Forming inferences about some intraclass correlation coefficients. Psychol Methods 1996; 1:30-46
    (corrected on page 390).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import fdtri, stdtrit

# Values are known to some such share of the largest: what varies less varies by rounding alone.
_ROUNDING = 64 * np.finfo(float).eps

LIMITS_SD = 1.96
"""Limits of agreement lie so many standard deviations beside the bias: 95 % of normally distributed differences."""
CONFIDENCE = 0.95


@dataclass(frozen=True)
class Spread:
    """Lengths, such as distances between two observers' points; NaN where there are too few.

    :ivar count: how many, :ivar mean: :ivar sd: (with n - 1), :ivar median: :ivar p95: :ivar largest: of them
    """

    count: int
    mean: float
    sd: float
    median: float
    p95: float
    largest: float


@dataclass(frozen=True)
class Limits:
    """Bias and limits of agreement of differences (second - first), in their unit; NaN where there are too few.

    :ivar count: pairs, :ivar bias: mean difference, :ivar sd: of the differences (with n - 1)
    :ivar low: :ivar high: limits of agreement
    :ivar bias_ci: :ivar low_ci: :ivar high_ci: 95 % confidence intervals of these three
    """

    count: int
    bias: float
    sd: float
    low: float
    high: float
    bias_ci: tuple[float, float]
    low_ci: tuple[float, float]
    high_ci: tuple[float, float]


@dataclass(frozen=True)
class Correlation:
    """An intraclass correlation with its 95 % confidence interval; NaN where there are too few or nothing varies.

    :ivar count: specimens
    """

    count: int
    value: float
    low: float
    high: float


def spread(lengths: np.ndarray) -> Spread:
    """Mean, deviation, median, 95th percentile and largest of lengths of any shape; NaN is not counted."""
    values = lengths[np.isfinite(lengths)]
    if not len(values):
        return Spread(0, np.nan, np.nan, np.nan, np.nan, np.nan)
    sd = float(values.std(ddof=1)) if len(values) > 1 else np.nan
    p95 = float(np.percentile(values, 95))
    return Spread(len(values), float(values.mean()), sd, float(np.median(values)), p95, float(values.max()))


def technical_error(differences: np.ndarray) -> float:
    """Technical error of measurement of two observers, sqrt(sum of squared differences / 2n): Dahlberg 1940.

    It holds bias and scatter. Of a point it is the root of the sum of its squares along three axes, so the distances
    between the two observers' points may be given as well.

    :param differences: of any shape, NaN where there is none
    :returns: in the unit of the differences; NaN where there are none
    """
    values = differences[np.isfinite(differences)]
    return float(np.sqrt((values**2).sum() / (2 * len(values)))) if len(values) else np.nan


def relative_technical_error(first: np.ndarray, second: np.ndarray) -> float:
    """Technical error of measurement as a share of the mean of all values: Ulijaszek & Kerr 1999.

    :param first: :param second: (S,) values that cannot be negative, such as distances
    :returns: NaN where there are none
    """
    known = np.isfinite(first) & np.isfinite(second)
    mean = np.concatenate([first[known], second[known]]).mean() if known.any() else 0.0
    return technical_error((second - first)[known]) / float(mean) if mean > 0 else np.nan


def limits_of_agreement(differences: np.ndarray) -> Limits:
    """Bias and 95 % limits of agreement with their confidence intervals: Bland & Altman 1986.

    The limits are bias +- 1.96 SD. The standard error of the bias is sqrt(SD^2 / n), that of a limit about
    sqrt(3 SD^2 / n), both with the t distribution of n - 1 degrees of freedom.

    :param differences: (S,) second - first, NaN where there is none
    """
    values = differences[np.isfinite(differences)]
    count = len(values)
    bias = float(values.mean()) if count else np.nan
    none = (np.nan, np.nan)
    if count < 2:
        return Limits(count, bias, np.nan, np.nan, np.nan, none, none, none)
    sd = float(values.std(ddof=1))
    low, high = bias - LIMITS_SD * sd, bias + LIMITS_SD * sd
    t = float(stdtrit(count - 1, (1 + CONFIDENCE) / 2))
    of_bias, of_limit = t * np.sqrt(sd**2 / count), t * np.sqrt(3 * sd**2 / count)
    return Limits(count, bias, sd, low, high, _around(bias, of_bias), _around(low, of_limit), _around(high, of_limit))


def icc_agreement(values: np.ndarray) -> Correlation:
    """ICC(2,1): absolute agreement of single values, two-way random effects.

    Shrout & Fleiss 1979, ICC(2,1), which McGraw & Wong 1996 call ICC(A,1); the confidence interval is theirs (table 7).
    It asks which share of the variance is between the specimens, so it grows with how different they are.

    :param values: (S, K) of S specimens by K observers; a specimen with a NaN is left out
    """
    values = values[np.isfinite(values).all(axis=1)]
    n, k = values.shape
    nothing = Correlation(n, np.nan, np.nan, np.nan)
    if n < 2 or k < 2:
        return nothing
    rounding = _ROUNDING * float(np.abs(values).max())
    if np.ptp(values) <= rounding:
        return nothing
    # It is the same in every unit and from every origin; so no square leaves the range of numbers or its digits.
    values = (values - values[0, 0]) / np.ptp(values)
    mean, of_rows, of_columns = values.mean(), values.mean(axis=1), values.mean(axis=0)
    rows = k * ((of_rows - mean) ** 2).sum() / (n - 1)
    columns = n * ((of_columns - mean) ** 2).sum() / (k - 1)
    residual = ((values - of_rows[:, None] - of_columns + mean) ** 2).sum() / ((n - 1) * (k - 1))
    below = rows + (k - 1) * residual + k * (columns - residual) / n
    if abs(below) <= _ROUNDING * (rows + columns + residual):  # two scans that the observers see the other way round
        return nothing
    icc = float((rows - residual) / below)
    # Where nothing but rounding is left over, the interval has no width.
    if residual <= 1e-20 * max(rows, columns) or icc >= 1:
        return Correlation(n, min(icc, 1.0), np.nan, np.nan)
    # Few scans may leave no degrees of freedom; then there is no interval.
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        a = k * icc / (n * (1 - icc))
        b = 1 + k * icc * (n - 1) / (n * (1 - icc))
        freedom = (a * columns + b * residual) ** 2 / (
            (a * columns) ** 2 / (k - 1) + (b * residual) ** 2 / ((n - 1) * (k - 1))
        )
        alpha = (1 + CONFIDENCE) / 2
        over = fdtri(n - 1, freedom, alpha)
        under = fdtri(freedom, n - 1, alpha)
        rest = k * columns + (k * n - k - n) * residual
        low = float(n * (rows - over * residual) / (over * rest + n * rows))
        high = float(n * (under * rows - residual) / (rest + n * under * rows))
    if not np.isfinite([low, high]).all():
        return Correlation(n, icc, np.nan, np.nan)
    return Correlation(n, icc, low, high)


def _around(value: float, reach: float) -> tuple[float, float]:
    return float(value - reach), float(value + reach)
