"""OCPP 1.6J: frames between stations and their central system, read in both directions."""
