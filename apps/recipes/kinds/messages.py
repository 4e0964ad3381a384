"""Error messages of the kinds, in GOV.UK's patterns, English and Welsh; a recipe never writes over them."""

from apps.recipes.bundle import Text

ERRORS: dict[str, Text] = {
    "address.empty": Text("Select an address or enter it", "Dewiswch gyfeiriad neu rhowch ef"),
    "address.wrong": Text("Enter a full UK address", "Rhowch gyfeiriad llawn yn y DU"),
    "place.empty": Text(
        "Choose a place on the map or describe it", "Dewiswch le ar y map neu disgrifiwch ef"
    ),
    "place.wrong": Text("Choose a place in the UK", "Dewiswch le yn y DU"),
    "choice.empty": Text("Select one of the answers", "Dewiswch un o'r atebion"),
    "choice.wrong": Text("Select one of the answers", "Dewiswch un o'r atebion"),
    "choices.empty": Text("Select at least one answer", "Dewiswch o leiaf un ateb"),
    "choices.wrong": Text("Select from the answers on this page", "Dewiswch o'r atebion ar y dudalen hon"),
    "choices.most": Text("Select no more than ((most)) answers", "Dewiswch ddim mwy na ((most)) ateb"),
    "yes_no.empty": Text("Select yes or no", "Dewiswch ie neu nage"),
    "yes_no.wrong": Text("Select yes or no", "Dewiswch ie neu nage"),
    "number.empty": Text("Enter a number", "Rhowch rif"),
    "number.wrong": Text("Enter a whole number, such as 2", "Rhowch rif cyfan, fel 2"),
    "number.min": Text("Enter ((min)) or more", "Rhowch ((min)) neu fwy"),
    "number.max": Text("Enter ((max)) or fewer", "Rhowch ((max)) neu lai"),
    "money.empty": Text("Enter an amount", "Rhowch swm"),
    "money.wrong": Text("Enter an amount in pounds, such as 12.50", "Rhowch swm mewn punnoedd, fel 12.50"),
    "money.min": Text("Enter ((min)) or more", "Rhowch ((min)) neu fwy"),
    "money.max": Text("Enter ((max)) or less", "Rhowch ((max)) neu lai"),
    "date.empty": Text("Enter a date", "Rhowch ddyddiad"),
    "date.wrong": Text("Enter a real date, such as 27 3 2027", "Rhowch ddyddiad go iawn, fel 27 3 2027"),
    "date.from": Text("Enter ((from)) or a later date", "Rhowch ((from)) neu ddyddiad hwyrach"),
    "date.to": Text("Enter ((to)) or an earlier date", "Rhowch ((to)) neu ddyddiad cynharach"),
    "text.empty": Text("Enter an answer", "Rhowch ateb"),
    "text.wrong": Text("Enter an answer in words", "Rhowch ateb mewn geiriau"),
    "text.most": Text("Enter ((most)) characters or fewer", "Rhowch ((most)) nod neu lai"),
    "long_text.empty": Text("Enter an answer", "Rhowch ateb"),
    "long_text.wrong": Text("Enter an answer in words", "Rhowch ateb mewn geiriau"),
    "long_text.most": Text("Enter ((most)) characters or fewer", "Rhowch ((most)) nod neu lai"),
    "name.empty": Text("Enter a full name", "Rhowch enw llawn"),
    "name.wrong": Text("Enter a full name", "Rhowch enw llawn"),
    "contact.empty": Text("Select how we should contact you", "Dewiswch sut y dylem gysylltu â chi"),
    "contact.wrong": Text(
        "Enter an email address such as name@example.com, or a mobile number",
        "Rhowch gyfeiriad e-bost fel enw@example.com, neu rif ffôn symudol",
    ),
    "plate.empty": Text("Enter the registration number", "Rhowch y rhif cofrestru"),
    "plate.wrong": Text("Enter a registration number such as AB12 CDE", "Rhowch rif cofrestru fel AB12 CDE"),
    "files.empty": Text(
        "Choose a file, or say that you cannot upload", "Dewiswch ffeil, neu dweud na allwch lanlwytho"
    ),
    "files.wrong": Text("Choose the file again", "Dewiswch y ffeil eto"),
    "files.most": Text("Choose no more than ((most)) files", "Dewiswch ddim mwy na ((most)) ffeil"),
    "declaration.empty": Text("Confirm this to continue", "Cadarnhewch hyn i barhau"),
    "declaration.wrong": Text("Confirm this to continue", "Cadarnhewch hyn i barhau"),
    "slot.empty": Text("Select a time", "Dewiswch amser"),
    "slot.wrong": Text("Select one of the times", "Dewiswch un o'r amserau"),
}
