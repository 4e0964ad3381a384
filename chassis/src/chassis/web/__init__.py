"""Pages for people: GOV.UK Design System components, English and Welsh, safe by default.

A service with pages has ``pages/*.html`` (Jinja2, extending ``base.html``) in its package or in its domains,
``locale/cy.po`` beside them for their Welsh and ``static/`` for its own scripts. Its ``Service`` has
``pages=Pages("<package>", name=gettext_noop("<what people call it>"))``.
"""

from chassis.web.browsers import cookie_name, set_cookie
from chassis.web.file_forms import FormFile, SubmittedFileForm, file_form_body
from chassis.web.forms import Form, SubmittedForm, form_body
from chassis.web.html_pages import Pages, see_other
from chassis.web.languages import choose_language, gettext_noop, translate
from chassis.web.origin import csrf_token

__all__ = [
    "Form",
    "FormFile",
    "Pages",
    "SubmittedFileForm",
    "SubmittedForm",
    "choose_language",
    "cookie_name",
    "csrf_token",
    "file_form_body",
    "form_body",
    "gettext_noop",
    "see_other",
    "set_cookie",
    "translate",
]
