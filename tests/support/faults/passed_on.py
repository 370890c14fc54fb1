"""Dialects of those who pass on what a meter shows: a context broker, and people with a table."""

from __future__ import annotations

from typing import Final

from tests.support.faults.dialects import instant, plain
from tests.support.faults.scene import Dialect, Sample, Site

_UNIT_CODES: Final = {"W": "WTT", "Wh": "WHR"}
"""UN/CEFACT Recommendation 20, which NGSI-LD asks for (ETSI GS CIM 009, 4.5.2)."""


def _notification(site: Site, sample: Sample) -> bytes:
    """NGSI-LD, normalised; each property says when it was observed."""
    at = instant(sample.at)
    properties = (
        ("totalActiveEnergyImport", sample.wh, "WHR"),
        ("totalActivePower", sample.watts, _UNIT_CODES.get(sample.power_unit, "")),
        ("phaseVoltage", f'{{"L1":{sample.volts}}}', "VLT"),
        ("current", f'{{"L1":{sample.amperes}}}', "AMP"),
    )
    said = ",".join(_property(name, value, code, at) for name, value, code in properties)
    entity = f"urn:ngsi-ld:ThreePhaseAcMeasurement:{site.cabinet}:{site.outlet}:{site.meter}"
    return (
        f'{{"id":"urn:ngsi-ld:Notification:{sample.number}","type":"Notification",'
        f'"subscriptionId":"urn:ngsi-ld:Subscription:{site.device}","notifiedAt":"{at}",'
        f'"data":[{{"id":"{entity}","type":"ThreePhaseAcMeasurement",{said}}}]}}'
    ).encode()


def _property(name: str, value: str, code: str, at: str) -> str:
    unit = f'"unitCode":"{code}",' if code else ""
    return f'"{name}":{{"type":"Property","value":{value},{unit}"observedAt":"{at}"}}'


def _table(site: Site, sample: Sample) -> bytes:
    """A file with one reading, as a clerk would write it: of the register, nothing else."""
    row = (site.cabinet, site.outlet, site.meter, instant(sample.at), plain(sample.wh))
    return f"Kast;Stopcontact;Meternummer;Tijdstip;Stand (Wh)\r\n{';'.join(row)}\r\n".encode()


NGSILD: Final = Dialect("ngsild", _notification)
CSV: Final = Dialect("csv", _table)
