"""Recordings of vcrpy and its pytest plugins, turned into cassettes."""
