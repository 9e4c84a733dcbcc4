"""Which convention landmarks follow: the one that is used, where it is of their model."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
import slicer
from adapting import face_model
from host.start import Host
from palnet.adapt.convention import Convention, LandmarkShift
from PALNetLandmarkerLib.engine import background, conventions
from PALNetLandmarkerLib.engine.own_models import models_folder, own_models, remember_model


@pytest.fixture(autouse=True)
def models(host: Host, tmp_path: Path) -> Iterator[Path]:
    settings = slicer.app.userSettings()
    for key in ("convention", "models"):
        settings.remove(f"PALNetLandmarker/{key}")
    settings.setValue("PALNetLandmarker/modelsFolder", str(tmp_path))
    yield tmp_path
    for key in ("convention", "models"):
        settings.remove(f"PALNetLandmarker/{key}")


def convention(checksum: str = "") -> Convention:
    model = face_model()
    shifts = tuple(
        LandmarkShift(label, label == "Gn", 5, 5, (0.0, -4.0, 0.0) if label == "Gn" else (0.0, 0.0, 0.0), before=5.0,
                      after=1.0)
        for label in model.protocol.labels
    )  # fmt: skip
    return Convention("face50", model.name, checksum or model.checksum, 5, "2026-11-29", shifts)


def test_none_is_used_unless_a_person_says_so(models: Path) -> None:
    plain = SimpleNamespace(model=face_model())
    assert conventions.convention_for("face50") == "" and conventions.stamp_for("face50") == ()
    assert conventions.followed(plain, "face50") is plain
    conventions.use(convention())
    assert conventions.convention_for("face50") == str(models / conventions.FILE)
    assert conventions.followed(plain, "face50").plain is plain
    stamp = conventions.stamp_for("face50")
    conventions.use(None)
    assert conventions.stamp_for("face50") == () != stamp and conventions.used() is None


def test_other_models_do_not_follow_it(models: Path) -> None:
    conventions.use(convention("ab" * 32))
    assert conventions.convention_for("face50") == ""
    conventions.use(convention())
    assert conventions.convention_for("face50")
    assert conventions.convention_for(str(models / "noses.palnet")) == ""


def test_a_file_that_is_gone_or_damaged_is_not_followed(models: Path) -> None:
    conventions.use(convention())
    (models / conventions.FILE).write_text("{}")
    assert conventions.convention_for("face50") == "" and conventions.used() is None
    (models / conventions.FILE).unlink()
    assert conventions.convention_for("face50") == "" and conventions.used_file() is None


def test_landmarks_placed_ahead_follow_it(models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[dict[str, str]] = []
    made = background.BackgroundPredictor()
    monkeypatch.setattr(made._process, "start", lambda _arguments: None)
    monkeypatch.setattr(made._process, "send", sent.append)
    conventions.use(convention())
    made.submit(models / "a.ply", "face50", lambda _outcome: None, lambda _share, _step: None)
    assert sent[0]["convention"] == str(models / conventions.FILE)


def test_models_of_ones_own_are_remembered_while_they_are_there(models: Path) -> None:
    for name in ("a", "b"):
        (models / f"{name}.palnet").write_text("a model")
        remember_model(str(models / f"{name}.palnet"))
    remember_model(str(models / "a.palnet"))
    assert own_models() == [str(models / "b.palnet"), str(models / "a.palnet")]
    (models / "b.palnet").unlink()
    assert own_models() == [str(models / "a.palnet")]
    slicer.app.userSettings().setValue("PALNetLandmarker/models", "{")
    assert own_models() == [] and models_folder() == models
