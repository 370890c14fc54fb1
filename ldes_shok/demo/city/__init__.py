"""A fictional market city that reports as real controllers do: for the demo and the tests.

Pure: the same plan, seed and start give the same bytes at any time.
"""

from ldes_shok.demo.city.city import City, SimulatedDelivery
from ldes_shok.demo.city.plan import CityPlan, Mishaps
from ldes_shok.demo.city.voorbeeldstad import demo_plan

__all__ = ["City", "CityPlan", "Mishaps", "SimulatedDelivery", "demo_plan"]
