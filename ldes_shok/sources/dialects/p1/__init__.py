"""The head meter's P1 port: DSMR 5 telegrams as eMUCs has them in Flanders."""
