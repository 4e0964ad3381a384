"""The pages' name, where no council gives them its own."""

from chassis.web.languages import catalogue
from identity.shared.dependencies import pages


def test_the_pages_have_a_name_in_both_languages():
    names = [catalogue("identity", language).gettext(pages.name) for language in ("en", "cy")]
    assert names == ["Townhall account", "Cyfrif Townhall"]
