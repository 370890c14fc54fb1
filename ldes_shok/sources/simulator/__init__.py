"""A market city that does not exist, reporting as real controllers do: for the demo and the tests.

Pure: the same plan, seed and start give the same bytes, whatever the clock says.
"""

from ldes_shok.sources.simulator.city import City, SimulatedDelivery
from ldes_shok.sources.simulator.demo import demo_plan
from ldes_shok.sources.simulator.plan import CityPlan, Mishaps

__all__ = ["City", "CityPlan", "Mishaps", "SimulatedDelivery", "demo_plan"]
