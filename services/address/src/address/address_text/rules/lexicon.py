"""The words of UK addresses: short forms, parts of a building, floors, words without meaning."""

# Short forms, for the gazetteer's words and the query's. ST is both STREET and SAINT, so both become ST:
# ST JOHNS ROAD, SAINT JOHN'S RD; HIGH STREET, HIGH ST.
_SHORT_FORMS = {
    "ST": "STREET STR STRT SAINT SNT",
    "ROAD": "RD ROD",
    "AVENUE": "AVE AV AVN AVEN AVNUE",
    "CRESCENT": "CRES CRESC CRS CRST CR",
    "LANE": "LN LA",
    "CLOSE": "CL CLO CLS",
    "DRIVE": "DR DRV DRI DVE",
    "PLACE": "PL PLC PLCE",
    "TERRACE": "TER TERR TCE TERRCE TRCE",
    "GARDENS": "GDNS GDN GDS GRDNS GARDEN GARD GNS",
    "GROVE": "GR GRO GRV GV",
    "SQUARE": "SQ SQR SQU",
    "COURT": "CT CRT CRTS COURTS",
    "PARK": "PK PRK",
    "PARADE": "PDE PARA PRDE",
    "BUILDINGS": "BLDGS BLDG BLDNGS BUILDING BLDS BUILDNGS BLD",
    "COTTAGES": "COTTS COTS CTGS",
    "COTTAGE": "COTT COT CTG CTTG",
    "HOUSE": "HSE HOU HS HO",
    "FARM": "FM FRM",
    "ESTATE": "EST",
    "WALK": "WLK WK",
    "WAY": "WY",
    "HILL": "HL",
    "VIEW": "VW VIEWS",
    "VALE": "VLE",
    "YARD": "YD",
    "MEWS": "MWS MW",
    "PASSAGE": "PSGE",
    "GREEN": "GRN",
    "RISE": "RSE",
    "VILLAS": "VLS VILS",
    "VILLA": "VIL",
    "LODGE": "LDG LDGE",
    "BARN": "BRN",
    "INDUSTRIAL": "IND INDL INDUST",
    "CENTRE": "CTR CNTR CENTER CTRE",
    "BUSINESS": "BUS",
    "TRADING": "TRDG",
    "STATION": "STN STA",
    "CHURCH": "CHR CHCH",
    "BRIDGE": "BRG BRDG BDG",
    "MOUNT": "MT",
    "GREAT": "GT GRT",
    "LITTLE": "LT LTL LTTL",
    "UPPER": "UPR UPP",
    "LOWER": "LWR",
    "NORTH": "NTH NRTH",
    "SOUTH": "STH SOU",
    "SCHOOL": "SCH SCHL",
    "PRIMARY": "PRIM",
    "COMMUNITY": "COMM COMMUN",
    "PRACTICE": "PRAC PRACT PRCTCE PRACTISE",
    "VETERINARY": "VET VETS",
    "PHARMACY": "PHARM PHCY",
    "NEWSAGENTS": "NEWSAGENT",
    "JUNCTION": "JCT JUNC",
    "QUARRY": "QRY",
    "LAUREL": "LRL",
    "RECTORY": "RECT",
    "ORCHARD": "ORCH",
    "MEADOW": "MDW",
    "WYND": "WND",
    "AND": "&",
    "FLAT": "FLT",
    "FIRST": "1ST",
    "SECOND": "2ND",
    "THIRD": "3RD",
    "FOURTH": "4TH",
    "FIFTH": "5TH",
    "SIXTH": "6TH",
}


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


SHORT = {short: word for word, shorts in _SHORT_FORMS.items() for short in shorts.split()}
# The last words of street names. Without it a name is incomplete; with another it is another street.
TYPES = _words(
    "ST ROAD AVENUE CRESCENT LANE CLOSE DRIVE PLACE TERRACE GARDENS GROVE SQUARE COURT PARK PARADE BUILDINGS"
    " COTTAGES WALK WAY HILL VIEW VALE YARD MEWS PASSAGE GREEN RISE VILLAS ROW END FIELD FIELDS GATE CIRCUS"
    " BRAE WYND LOAN CLOSE ESTATE HOLLOW ORCHARD BATCH TYNING MEAD WHARF QUAY"
)
# The last words of building names: MILL HOUSE, MILL COURT.
KINDS = _words(
    "HOUSE COTTAGE COURT MEWS LODGE FARM BARN VILLA BANK STEADING BUILDINGS HALL MANOR GRANGE TOWER TOWERS"
    " COTTAGES FARMHOUSE BUNGALOW"
)
# Words for a part of a building.
FLATS = {
    word: kind
    for kind, words in {
        "FLAT": "FLAT FLT FLATS FLA FT FALT FLATT FLT. APARTMENT APARTMENTS APT APTS APPT APART APARTMNT"
        " APPARTMENT APMT APRT APARTEMENT MAISONETTE STUDIO",
        "UNIT": "UNIT UNITS UNT WORKSHOP SHOP KIOSK STALL",
        "ROOM": "ROOM ROOMS RM BEDSIT",
        "SUITE": "SUITE STE OFFICE OFFICES",
    }.items()
    for word in words.split()
}
# Storeys, as the parts of a building are known: B basement, G ground, 1 ..., T top.
LEVELS = {
    "BASEMENT": "B",
    "BSMT": "B",
    "BSMNT": "B",
    "BASMENT": "B",
    "BASEMNT": "B",
    "BMT": "B",
    "BST": "B",
    "GROUND": "G",
    "GRD": "G",
    "GRND": "G",
    "GND": "G",
    "GROUD": "G",
    "FIRST": "1",
    "1ST": "1",
    "FRST": "1",
    "SECOND": "2",
    "2ND": "2",
    "SCND": "2",
    "THIRD": "3",
    "3RD": "3",
    "FOURTH": "4",
    "4TH": "4",
    "FIFTH": "5",
    "5TH": "5",
    "SIXTH": "6",
    "6TH": "6",
    "TOP": "T",
    "ATTIC": "A",
    "PENTHOUSE": "P",
    "HALL": "H",
    "UPPER": "U",
    "LOWER": "L",
    "GARDENS": "D",  # GARDEN FLAT, its short form expanded
    "MEZZANINE": "M",
}
# Storeys in one word. BFF and the like are whole flats.
LEVEL_CODES = {
    "GFF": "G",
    "GF": "G",
    "GRF": "G",
    "GFLAT": "G",
    "FFF": "1",
    "FF": "1",
    "1FF": "1",
    "1F": "1",
    "SFF": "2",
    "SF": "2",
    "2FF": "2",
    "2F": "2",
    "TFF": "T",
    "TF": "T",
    "BFF": "B",
    "BF": "B",
    "LGF": "LG",
    "LGFF": "LG",
    "UGF": "UG",
    "3F": "3",
    "3FF": "3",
    "4F": "4",
    "4FF": "4",
    "G/F": "G",
    "F/F": "1",
    "B/F": "B",
    "T/F": "T",
    "S/F": "2",
    "0/F": "G",
    "1/F": "1",
    "2/F": "2",
}
# Other names of storeys, tried when the building has none of the name.
LEVEL_ALIASES = {
    "LG": ("B",),
    "H": ("G",),
    "A": ("T",),
    "P": ("T",),
    "D": ("G", "B"),
    "L": ("G", "B"),
    "U": ("T", "1"),
}
FLOORS = frozenset({"FLOOR", "FLR", "FLOO", "FLOR", "LEVEL", "STOREY", "FL", "FLOORS"})
SIDES = {
    "FRONT": "FRONT",
    "REAR": "REAR",
    "BACK": "REAR",
    "LEFT": "LEFT",
    "RIGHT": "RIGHT",
    "LHS": "LEFT",
    "RHS": "RIGHT",
    "MIDDLE": "MIDDLE",
}
# Words that distinguish no property.
NOISE = _words(
    "LTD LIMITED PLC CO COMPANY LLP INC TA UK GB ENGLAND SCOTLAND WALES BRITAIN KINGDOM UNITED SOMERSET AVON"
    " BANES NR NEAR OFF C O AT IN OF THE AND NO NUMBER NUM COUNTY STIRLINGSHIRE CENTRAL"
    " OCCUPIER OCCUPANT TENANT RESIDENT HOUSEHOLDER OWNER ATTN ATTENTION FAO CARE"
    " GLOUCESTERSHIRE WILTSHIRE BRISTOL ADDRESS PROPERTY MR MRS MS DR TRADING AS"
)
# Numbers as words, as flats have them: FLAT TWO.
NUMERALS = {
    word: str(number)
    for number, word in enumerate(
        ["ONE", "TWO", "THREE", "FOUR", "FIVE", "SIX", "SEVEN", "EIGHT", "NINE", "TEN", "ELEVEN", "TWELVE"],
        start=1,
    )
}
# Words for something near a property, not the property itself.
BESIDE = _words(
    "ADJ ADJACENT ADJOINING BEHIND OPPOSITE OPP LAND PLOT GARAGE GARAGES BETWEEN OUTSIDE BESIDE SITE"
    " SUBSTATION"
)
