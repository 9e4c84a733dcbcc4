"""What configurations of landmarks look like, and which points of one do not fit the others or their mirror images."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import gammaincinv

from ..rigid import apply, rigid_fit

# Found on validation subjects (docs/benchmarks.md): quiet on good predictions, awake to errors of 8 mm.
_MOST_MODES = 80
_SCORE_LIMIT = 12.0
_USUAL_SHARE = 0.999
# Deviation per axis of a point whose expected error is 1 mm.
_NOISE_PER_MM = 0.65
# The expected error where nobody says one, as a share of the shape's size: 1.4 mm on a face.
_DEFAULT_ERROR = 0.02
_FEWEST_POINTS = 6
# Any pose is as likely as another: a deviation, in sizes and radians, far beyond what a rigid fit leaves open.
_POSE = 0.5
_FOLDS = 5
_MEDIAN_SCORE = 2.366  # of three normal deviates squared and summed
_REFLECTION = np.array([-1.0, 1.0, 1.0])


@dataclass(frozen=True)
class Plausibility:
    """How well each landmark fits the others.

    :ivar expected: (L, 3) where the other landmarks suggest it, in the points' own frame
    :ivar deviation: (L,) mm from there; NaN where the point is missing
    :ivar score: (L,) squared deviation in units of its covariance, about 3 in the mean; NaN where missing
    :ivar flagged: (L,) bool: not plausible
    """

    expected: np.ndarray
    deviation: np.ndarray
    score: np.ndarray
    flagged: np.ndarray


@dataclass(frozen=True)
class Asymmetry:
    """How well each landmark fits its mirror image.

    :ivar difference: (L,) mm between it and the mirror image of its pair, or from the midline plane; NaN where unknown
    :ivar usual: (L,) mm, what is seldom exceeded, :ivar flagged: (L,) bool: it is
    """

    difference: np.ndarray
    usual: np.ndarray
    flagged: np.ndarray


@dataclass(frozen=True)
class ShapeModel:
    """Normal distribution of landmark configurations, up to their pose.

    :ivar mean: (L, 3) mm
    :ivar modes: (K, 3L) mm, directions of variation times their standard deviations
    :ivar residual: (L,) mm², variance per axis that the modes leave
    :ivar mirror: (L,) int, for each landmark the index of its mirror image
    """

    mean: np.ndarray
    modes: np.ndarray
    residual: np.ndarray
    mirror: np.ndarray

    @staticmethod
    def fit(shapes: np.ndarray, mirror: np.ndarray, most_modes: int = _MOST_MODES) -> ShapeModel:
        """The distribution that shapes come from; mirror images count as further shapes where there are pairs.

        Variances are those of shapes that the directions were not found on, so that few shapes do not look alike.

        :param shapes: (N, L, 3) mm, one per subject, in any pose; the first one's is that of the model
        :param mirror: (L,) as :meth:`palnet.protocols.protocol.Protocol.mirror`
        :param most_modes: so many of the directions at most; what they leave is taken as every point's own
        :raises ValueError: fewer than ten shapes, or some of them incomplete
        """
        if len(shapes) < 2 * _FOLDS or not np.isfinite(shapes).all():
            raise ValueError(f"A shape model needs at least {2 * _FOLDS} shapes without missing landmarks.")
        count, landmarks = shapes.shape[:2]
        subject = np.arange(count)
        if has_pairs(mirror):
            shapes, subject = np.concatenate([shapes, (shapes * _REFLECTION)[:, mirror]]), np.tile(subject, 2)
        mean = shapes[0] - shapes[0].mean(axis=0)
        for _ in range(3):
            aligned = np.stack([apply(rigid_fit(shape, mean), shape) for shape in shapes])
            mean = aligned.mean(axis=0)
        offsets = (aligned - mean).reshape(len(aligned), -1)
        modes = min(most_modes, 3 * landmarks, (count - count // _FOLDS) // 2)
        variance, residual = np.zeros(modes), np.zeros(landmarks)
        for fold in range(_FOLDS):
            held = subject % _FOLDS == fold
            directions = _directions(offsets[~held], modes)
            along = offsets[held] @ directions.T
            variance += (along**2).sum(axis=0) / len(offsets)
            rest = (offsets[held] - along @ directions).reshape(-1, landmarks, 3)
            residual += (rest**2).mean(axis=2).sum(axis=0) / len(offsets)
        scaled = _directions(offsets, modes) * np.sqrt(variance)[:, None]
        return ShapeModel(mean, scaled, residual, mirror)

    def covariance(self) -> np.ndarray:
        """(3L, 3L) mm² of shapes that lie about as the mean does, in a pose that is not known."""
        return _outer(self.modes) + np.diag(np.repeat(self.residual, 3)) + _outer(self._pose_modes())

    def plausibility(self, points: np.ndarray, noise: np.ndarray | None = None) -> Plausibility:
        """Compares each point with where the others suggest it, leaving out those that turn out wrong.

        :param points: (L, 3) mm in any pose; NaN where missing
        :param noise: (L,) mm, expected errors of the points; where it is NaN a usual one is taken
        """
        present = np.isfinite(points).all(axis=1)
        nothing = np.full(len(points), np.nan)
        if present.sum() < _FEWEST_POINTS:
            return Plausibility(np.full(points.shape, np.nan), nothing, nothing, np.zeros(len(points), bool))
        covariance = self._covariance(noise) + _outer(self._pose_modes())
        offsets = apply(rigid_fit(points[present], self.mean[present]), points) - self.mean
        clean, precision = self._fitting(offsets, covariance, present)
        # The wrong points have turned the pose a little, too.
        pose = rigid_fit(points[clean], self.mean[clean])
        offsets = apply(pose, points) - self.mean
        suggested, spread = _conditional(offsets, covariance, clean, precision)
        away = offsets - suggested
        score, deviation = _squared(away, spread), np.linalg.norm(away, axis=1)
        flagged = score > self._limit(score[clean])
        expected = apply(np.linalg.inv(pose), self.mean + suggested)
        return Plausibility(expected, deviation, score, flagged)

    def asymmetry(self, points: np.ndarray, noise: np.ndarray | None = None) -> Asymmetry:
        """Compares each point with the mirror image of its pair; parameters as :meth:`plausibility`."""
        return self._asymmetry(points, noise, self.plausibility(points, noise).flagged)

    def concerns(self, points: np.ndarray, noise: np.ndarray | None = None) -> dict[int, tuple[str, ...]]:
        """Sentences for the user on the points that need a look, by index; parameters as :meth:`plausibility`.

        Where one of a pair does not fit the others, only that one is told to differ from its mirror image.
        """
        fits = self.plausibility(points, noise)
        sides = self._asymmetry(points, noise, fits.flagged)
        unclear = sides.flagged & (fits.flagged | ~fits.flagged[self.mirror])
        found: dict[int, tuple[str, ...]] = {}
        for k in np.flatnonzero(fits.flagged | unclear):
            sentences = []
            if fits.flagged[k]:
                sentences.append(f"It lies {fits.deviation[k]:.1f} mm from where the other landmarks suggest it.")
            if unclear[k]:
                differs = "It lies beside the midline by" if self.mirror[k] == k else "Left and right differ by"
                usual = f"up to {sides.usual[k]:.1f} mm is usual"
                sentences.append(f"{differs} {sides.difference[k]:.1f} mm; {usual}.")
            found[int(k)] = tuple(sentences)
        return found

    def to_arrays(self) -> dict[str, np.ndarray]:
        """The model as arrays of single precision; :meth:`from_arrays` reads them."""
        numbers = {"mean": self.mean, "modes": self.modes, "residual": self.residual}
        return {name: value.astype(np.float32) for name, value in numbers.items()} | {"mirror": self.mirror}

    @staticmethod
    def from_arrays(arrays: dict[str, np.ndarray]) -> ShapeModel:
        """The model from its arrays.

        :raises KeyError: one is not there
        :raises ValueError: they do not fit each other
        """
        mean, modes, residual = (arrays[name].astype(float) for name in ("mean", "modes", "residual"))
        count = len(residual)
        fits = mean.shape == (count, 3) and modes.shape[1:] == (3 * count,)
        if not fits or sorted(arrays["mirror"]) != list(range(count)):
            raise ValueError("the arrays of the shape model do not fit each other")
        return ShapeModel(mean, modes, residual, arrays["mirror"])

    @property
    def _size(self) -> float:
        """Root mean square distance of the landmarks from their centroid, mm."""
        return float(np.sqrt(self.mean.var(axis=0).sum()))

    def _covariance(self, noise: np.ndarray | None) -> np.ndarray:
        """(3L, 3L) of measured points."""
        expected = np.full(len(self.mean), np.nan) if noise is None else noise
        error = np.where(np.isfinite(expected), expected, _DEFAULT_ERROR * self._size)
        own = np.repeat(self.residual + (_NOISE_PER_MM * error) ** 2, 3)
        return _outer(self.modes) + np.diag(own)

    def _pose_modes(self) -> np.ndarray:
        """(6, 3L): all points shifted along, and turned about, each axis."""
        centred = self.mean - self.mean.mean(axis=0)
        shifts = [np.tile(axis, len(self.mean)) * _POSE * self._size for axis in np.eye(3)]
        turns = [np.cross(axis, centred).ravel() * _POSE for axis in np.eye(3)]
        return np.stack(shifts + turns)

    def _fitting(
        self, offsets: np.ndarray, covariance: np.ndarray, present: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Indices (C,) of what is left when the worst is left out until the others fit; their precision (3C, 3C)."""
        clean = np.flatnonzero(present)
        precision = np.linalg.inv(covariance[_block(clean, clean)])
        while len(clean) > max(_FEWEST_POINTS, present.sum() // 2):
            away, spread = _left_out(offsets[clean], precision)
            score = _squared(away, spread)
            worst = int(np.argmax(score))
            if score[worst] <= self._limit(score):
                break
            own = slice(3 * worst, 3 * worst + 3)
            precision = precision - precision[:, own] @ spread[worst] @ precision[own]
            precision = np.delete(np.delete(precision, own, 0), own, 1)
            clean = np.delete(clean, worst)
        return clean, precision

    def _limit(self, scores: np.ndarray) -> float:
        # On a face unlike those that the model knows, every point is a little off: only what stands out counts.
        return _SCORE_LIMIT * max(1.0, float(np.median(scores)) / _MEDIAN_SCORE)

    def _asymmetry(self, points: np.ndarray, noise: np.ndarray | None, wrong: np.ndarray) -> Asymmetry:
        sound = np.isfinite(points).all(axis=1) & ~wrong
        sound &= sound[self.mirror]
        if not has_pairs(self.mirror) or sound.sum() < _FEWEST_POINTS:
            nothing = np.full(len(points), np.nan)
            return Asymmetry(nothing, nothing, np.zeros(len(points), bool))
        twins = (points * _REFLECTION)[self.mirror]
        apart = points - apply(rigid_fit(twins[sound], points[sound]), twins)
        turn = rigid_fit((self.mean * _REFLECTION)[self.mirror], self.mean)[:3, :3] * _REFLECTION
        covariance = self._covariance(noise).reshape(len(points), 3, len(points), 3)
        one, other = np.arange(len(points)), self.mirror
        cross = covariance[one, :, other] @ turn.T
        spread = covariance[one, :, one] + turn @ covariance[other, :, other] @ turn.T - cross - cross.swapaxes(1, 2)
        # A midline point is twice as far from its mirror image as from the plane.
        scale = np.where(one == other, 0.5, 1.0)
        difference = np.linalg.norm(apart, axis=1) * scale
        usual = _usual_length(spread) * scale
        return Asymmetry(difference, usual, difference > usual)


def has_pairs(mirror: np.ndarray) -> bool:
    """Whether any landmark has another one as its mirror image."""
    return bool((mirror != np.arange(len(mirror))).any())


def _directions(offsets: np.ndarray, count: int) -> np.ndarray:
    """(count, 3L) orthonormal directions of the largest variation, largest first."""
    return np.linalg.eigh(offsets.T @ offsets)[1].T[::-1][:count]


def _outer(factor: np.ndarray) -> np.ndarray:
    return factor.T @ factor


def _squared(away: np.ndarray, spread: np.ndarray) -> np.ndarray:
    """(N,) squared lengths of vectors (N, 3) in units of their covariances (N, 3, 3)."""
    return np.einsum("ni,ni->n", away, np.linalg.solve(spread, away[..., None])[..., 0])


def _block(rows: np.ndarray, columns: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Index of these landmarks' coordinates in a (3L, 3L) matrix."""
    one, other = ((3 * part[:, None] + np.arange(3)).ravel() for part in (rows, columns))
    return one[:, None], other


def _left_out(offsets: np.ndarray, precision: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """How far each offset (C, 3) is from what the others suggest (C, 3), and the covariance (C, 3, 3) of that."""
    count = len(offsets)
    own = np.arange(count)
    spread = np.linalg.inv(precision.reshape(count, 3, count, 3)[own, :, own])
    pulled = (precision @ offsets.ravel()).reshape(count, 3)
    return np.einsum("nij,nj->ni", spread, pulled), spread


def _conditional(
    offsets: np.ndarray, covariance: np.ndarray, clean: np.ndarray, precision: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """What the clean offsets suggest for each landmark (L, 3), itself left out, and the covariance (L, 3, 3)."""
    suggested, spread = np.empty_like(offsets), np.empty((len(offsets), 3, 3))
    away, spread[clean] = _left_out(offsets[clean], precision)
    suggested[clean] = offsets[clean] - away
    others = np.setdiff1d(np.arange(len(offsets)), clean)
    weights = covariance[_block(others, clean)] @ precision
    suggested[others] = (weights @ offsets[clean].ravel()).reshape(-1, 3)
    rest = covariance[_block(others, others)] - weights @ covariance[_block(clean, others)]
    own = np.arange(len(others))
    spread[others] = rest.reshape(len(others), 3, len(others), 3)[own, :, own]
    return suggested, spread


def _usual_length(spread: np.ndarray) -> np.ndarray:
    """(N,) lengths that normal vectors of these covariances (N, 3, 3) seldom exceed.

    The squared length is taken as a scaled chi-square with the same mean and variance.
    """
    mean, variance = np.trace(spread, axis1=1, axis2=2), 2 * (spread**2).sum(axis=(1, 2))
    scale, freedom = variance / (2 * mean), 2 * mean**2 / variance
    return np.sqrt(scale * 2 * gammaincinv(freedom / 2, _USUAL_SHARE))
