"""The built-in analyzer: a handful of rules. It needs no model."""

from backend.services.analyzer import Assessment, Batch

RISK = {"person": 45, "car": 25, "dog": 10, "cat": 5}
UNKNOWN_RISK = 30
DAY = range(6, 22)  # hours; the others are night


class RuleAnalyzer:
    """Judges by what was seen, when, for how long and how surely."""

    async def assess(self, batch: Batch) -> Assessment:
        """Return the risk, and why."""
        worst = max(batch.detections, key=lambda seen: RISK.get(seen.type, UNKNOWN_RISK))
        surest = max(seen.confidence for seen in batch.detections if seen.type == worst.type)
        score = RISK.get(worst.type, UNKNOWN_RISK) * (0.5 + surest / 2)
        reasons = [batch.in_words()]
        if worst.type == "person":
            if batch.started_at.hour not in DAY:
                score += 25
                reasons.append("at night")
            if batch.seconds >= 60:
                score += 15
                reasons.append(f"for {batch.seconds:.0f} s")
        return Assessment(min(round(score), 100), ", ".join(reasons) + ".")
