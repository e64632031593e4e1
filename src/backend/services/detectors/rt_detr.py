"""RT-DETRv2, the detector of production, by way of the `transformers` library.

It needs packages that are large, so they are an extra: `requirements-models.txt`. The model is read
from a folder (`config.json`, `preprocessor_config.json`, `model.safetensors`), never from the net.
"""

from pathlib import Path
from typing import Any

from PIL import Image

from backend.services.detector import Detection

SECURITY_TYPES = frozenset({"person", "bicycle", "car", "motorcycle", "bus", "truck", "cat", "dog"})
"""What production keeps, of the 80 types that the model knows."""


class RTDetrDetector:
    """Finds things with RT-DETRv2.

    Args:
        folder: the model, as `save_pretrained` writes it.
        threshold: the least confidence, from 0 to 1, for a detection to be reported.
        types: what is reported; None for everything that the model knows.
        device: where it computes, as "cpu" or "cuda".

    Raises:
        ImportError: the extra packages are missing. The message says how to get them.
        FileNotFoundError: there is no model in the folder.
    """

    def __init__(
        self,
        folder: Path | str,
        *,
        threshold: float = 0.5,
        types: frozenset[str] | None = SECURITY_TYPES,
        device: str = "cpu",
    ) -> None:
        try:
            import torch
            from transformers import RTDetrImageProcessor, RTDetrV2ForObjectDetection
        except ImportError as error:
            raise ImportError(
                f"RT-DETRv2 needs packages that are not installed ({error}). "
                "Install them: pip install -r requirements-models.txt"
            ) from error
        if not (Path(folder) / "config.json").is_file():
            raise FileNotFoundError(f"there is no model (config.json) in the folder {folder}")
        self._torch: Any = torch
        self._threshold = threshold
        self._types = types
        self._device = device
        self._processor: Any = RTDetrImageProcessor.from_pretrained(folder, local_files_only=True)
        model: Any = RTDetrV2ForObjectDetection.from_pretrained(folder, local_files_only=True)
        self._model = model.to(device).eval()

    def detect(self, image: Image.Image, camera_id: str) -> list[Detection]:
        """Return what is to be seen, the surest first. All cameras are alike to it."""
        image = image.convert("RGB")
        inputs = self._processor(images=image, return_tensors="pt").to(self._device)
        with self._torch.inference_mode():
            outputs = self._model(**inputs)
        found = self._processor.post_process_object_detection(
            outputs, target_sizes=[(image.height, image.width)], threshold=self._threshold
        )[0]
        detections = []
        for score, label, box in zip(found["scores"], found["labels"], found["boxes"], strict=True):
            kind = self._model.config.id2label[int(label)]
            if self._types is None or kind in self._types:
                left, top, right, bottom = (round(value) for value in box.tolist())
                inside = (
                    max(left, 0),
                    max(top, 0),
                    min(right, image.width),
                    min(bottom, image.height),
                )
                detections.append(Detection(kind, round(float(score), 4), inside))
        return sorted(detections, key=lambda detection: -detection.confidence)
