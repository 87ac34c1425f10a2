"""The walk-through (`make demo`): the main job from launch to certificate, over HTTP, told in Vietnamese."""

from app.demo.walkthrough import walk_through

__all__ = ["walk_through"]
