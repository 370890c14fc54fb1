"""OCPP 1.6J: what stations and their central system say to each other, read in both directions."""
