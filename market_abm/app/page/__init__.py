"""What a browser shows: components on Solara, one a module. Everything headless stands in `market_abm.app`."""
