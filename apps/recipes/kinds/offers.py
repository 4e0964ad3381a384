"""The ways out of a stop: each is a link or a button with its words, once for all recipes."""

from apps.recipes.bundle import Text

OFFERS: dict[str, Text] = {
    "contact_us": Text("Contact us", "Cysylltwch â ni"),
    "remind_me": Text("Remind me", "Atgoffwch fi"),
    "tell_me": Text("Tell me when this changes", "Rhowch wybod i mi pan fydd hyn yn newid"),
    "missed_bin_help": Text("What to do about a missed bin", "Beth i'w wneud am fin a fethwyd"),
    "follow": Text("Follow what happens", "Dilyn yr hyn sy'n digwydd"),
    "renew": Text("Renew", "Adnewyddu"),
    "map": Text("Look at the map", "Edrych ar y map"),
    "signpost": Text("Who can help", "Pwy all helpu"),
    "report_it": Text("Report it first", "Rhoi gwybod amdano yn gyntaf"),
}
