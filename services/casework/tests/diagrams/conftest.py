from services.casework.tests.cases.conftest import desk, installed, now, open_desk, permits

__all__ = ["desk", "installed", "now", "open_desk", "permits"]
