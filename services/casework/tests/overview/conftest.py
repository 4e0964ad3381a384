from services.casework.tests.office.conftest import desk, installed, now, open_desk, open_office

__all__ = ["desk", "installed", "now", "open_desk", "open_office"]
