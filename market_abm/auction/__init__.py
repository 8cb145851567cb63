"""The sealed call auction over all zones, with joint export licences: functions that know no model (ODD: Market)."""
