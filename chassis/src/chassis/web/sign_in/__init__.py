"""Staff of a council sign in to a service's pages, by the issuer of the region (OpenID Connect).

A service has ``sign_in=SignIn(...)``, and a route says
``staff: Annotated[Staff, signed_in("payments:office")]``. Why sessions are rows: docs/decisions/0053.
"""

from chassis.web.sign_in.routes import make_router
from chassis.web.sign_in.service import SignIn
from chassis.web.sign_in.staff import Staff, label_staff, signed_in
from chassis.web.sign_in.store import PURGES

__all__ = ["PURGES", "SignIn", "Staff", "label_staff", "make_router", "signed_in"]
