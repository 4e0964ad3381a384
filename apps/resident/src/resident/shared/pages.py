"""The pages of the council's services."""

from typing import Final

from chassis.web import Pages, gettext_noop

PATH: Final = "services"
"""The first part of every path, below the council's: ``/citytown/services/missed-bin``."""

pages = Pages("resident", name=gettext_noop("Council services"), path=PATH)
