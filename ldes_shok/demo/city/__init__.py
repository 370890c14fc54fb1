"""A market city that does not exist, reporting as real controllers do: for the demo and the tests.

Pure: the same plan, seed and start give the same bytes, whatever the clock says.
"""

from ldes_shok.demo.city.city import City, SimulatedDelivery
from ldes_shok.demo.city.plan import CityPlan, Mishaps
from ldes_shok.demo.city.voorbeeldstad import demo_plan

__all__ = ["City", "CityPlan", "Mishaps", "SimulatedDelivery", "demo_plan"]
