"""How long the state machines look: briefly and always alike in CI, long and at random by hand.

pytest tests/runtime/properties --hypothesis-profile=thorough
"""

from __future__ import annotations

from hypothesis import HealthCheck, Phase, settings

THOROUGH = "thorough"
settings.register_profile(THOROUGH, max_examples=1_000)


def budget(examples: int, *, steps: int = 50, shrink: bool = True) -> settings:
    """So many runs of so many steps; in the thorough profile, a hundred times as many."""
    thorough = settings.get_current_profile_name() == THOROUGH
    return settings(
        max_examples=examples * 100 if thorough else examples,
        stateful_step_count=steps * 2 if thorough else steps,
        derandomize=not thorough,
        database=None,
        deadline=None,
        report_multiple_bugs=False,
        phases=tuple(phase for phase in Phase if shrink or phase is not Phase.shrink),
        suppress_health_check=list(HealthCheck),
    )
