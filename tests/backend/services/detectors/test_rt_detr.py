"""The RT-DETRv2 adapter, on a tiny model with random weights made here: loading and results."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import pytest

from backend.examples.scenes import scene
from backend.services.detectors.rt_detr import RTDetrDetector

EXTRA = all(importlib.util.find_spec(name) for name in ("torch", "transformers"))
needs_extra = pytest.mark.skipif(
    not EXTRA, reason="the extra is not installed: pip install -r requirements-models.txt"
)


@pytest.fixture(scope="module")
def model_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model that knows nothing, of the true kind, as `save_pretrained` writes it."""
    import torch
    from transformers import (
        RTDetrImageProcessor,
        RTDetrResNetConfig,
        RTDetrV2Config,
        RTDetrV2ForObjectDetection,
    )

    torch.manual_seed(0)
    backbone = RTDetrResNetConfig(
        embedding_size=8,
        hidden_sizes=[8, 16, 24, 32],
        depths=[1, 1, 1, 1],
        layer_type="basic",
        out_features=["stage2", "stage3", "stage4"],
    )
    config = RTDetrV2Config(
        backbone_config=backbone,
        encoder_hidden_dim=16,
        encoder_in_channels=[16, 24, 32],
        encoder_ffn_dim=16,
        encoder_attention_heads=2,
        d_model=16,
        decoder_in_channels=[16, 16, 16],
        decoder_ffn_dim=16,
        decoder_attention_heads=2,
        decoder_layers=2,
        num_queries=20,
        id2label={0: "person", 1: "kite", 2: "car"},
        label2id={"person": 0, "kite": 1, "car": 2},
    )
    folder = tmp_path_factory.mktemp("model")
    RTDetrV2ForObjectDetection(config).save_pretrained(folder)
    RTDetrImageProcessor(size={"height": 64, "width": 64}).save_pretrained(folder)
    return folder


@needs_extra
def test_detections_are_of_known_types_with_boxes_inside_the_image(model_folder):
    image = scene("garden", "person").image
    detector = RTDetrDetector(model_folder, threshold=0.0, types=None)
    found = detector.detect(image, "garden")
    assert len(found) == 20  # as many as it has queries, since nothing is left out
    assert {each.type for each in found} <= {"person", "kite", "car"}
    for each in found:
        left, top, right, bottom = each.box
        assert 0 <= left <= right <= image.width
        assert 0 <= top <= bottom <= image.height
        assert 0 <= each.confidence <= 1
    confidences = [each.confidence for each in found]
    assert confidences == sorted(confidences, reverse=True)


@needs_extra
def test_the_same_folder_gives_the_same_detections(model_folder):
    image = scene("garden", "person").image
    once, again = (
        RTDetrDetector(model_folder, threshold=0.0).detect(image, "garden") for _ in range(2)
    )
    assert once == again


@needs_extra
def test_only_types_that_matter_for_security_are_reported(model_folder):
    found = RTDetrDetector(model_folder, threshold=0.0).detect(scene("garden").image, "garden")
    assert {each.type for each in found} <= {"person", "car"}


@needs_extra
def test_what_is_less_sure_than_the_threshold_is_left_out(model_folder):
    detector = RTDetrDetector(model_folder, threshold=0.999)
    assert detector.detect(scene("garden").image, "garden") == []


@needs_extra
def test_a_folder_without_a_model_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="no model"):
        RTDetrDetector(tmp_path)


def test_without_the_extra_the_message_says_how_to_get_it(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)  # as if it were not installed
    with pytest.raises(ImportError, match=r"pip install -r requirements-models\.txt"):
        RTDetrDetector(tmp_path)
