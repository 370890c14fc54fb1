"""From canonical events to members: the only bridge between cabinets and linked data."""
