"""The head meter's P1 port: DSMR 5 telegrams in the Flemish form, eMUCs."""
